{{/* Names and NATS: what every pod may reach. */}}
{{- define "kms-connector.egressToBroker" -}}
- ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
- ports: [{ port: {{ .Values.nats.port }}, protocol: TCP }]
  {{- if .Values.nats.podSelector }}
  to:
    - podSelector: { matchLabels: {{ toJson .Values.nats.podSelector }} }
      {{- with .Values.nats.namespaceSelector }}
      namespaceSelector: { matchLabels: {{ toJson . }} }
      {{- end }}
  {{- end }}
{{- end -}}

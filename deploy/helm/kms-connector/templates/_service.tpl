{{/*
Everything around one service: settings, account, deployment, service, disruption budget. Call with
(dict "root" $ "service" NAME "values" VALUES "replicas" NUMBER-OR-NIL "strategy" YAML "ports" DICT, and "youngGenerationMb" NUMBER where the image's 16 are too many).
*/}}
{{- define "kms-connector.serviceObjects" -}}
{{- $name := include "kms-connector.name" . -}}
{{- $pod := mergeOverwrite (dict "args" (list .service "start")) . }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}-settings
  labels: {{- include "kms-connector.labels" . | nindent 4 }}
data:
  {{- $settings := include "kms-connector.settings" . | fromJson }}
  {{- include "kms-connector.variables" (dict "prefix" "KMS_CONNECTOR_" "settings" $settings) | nindent 2 }}
{{- if .values.serviceAccount.create }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "kms-connector.serviceAccountName" . }}
  labels: {{- include "kms-connector.labels" . | nindent 4 }}
  {{- with .values.serviceAccount.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels: {{- include "kms-connector.labels" . | nindent 4 }}
spec:
  {{- if not (kindIs "invalid" .replicas) }}
  replicas: {{ .replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy: {{- .strategy | nindent 4 }}
  selector:
    matchLabels: {{- include "kms-connector.selector" . | nindent 6 }}
  template:
    metadata: {{- include "kms-connector.podMetadata" . | nindent 6 }}
    spec:
      {{- include "kms-connector.podSpec" $pod | nindent 6 }}
      {{- include "kms-connector.spread" . | nindent 6 }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels: {{- include "kms-connector.labels" . | nindent 4 }}
spec:
  selector: {{- include "kms-connector.selector" . | nindent 4 }}
  ports:
    {{- range $port, $number := .ports }}
    - { name: {{ $port }}, port: {{ $number }}, targetPort: {{ $port }} }
    {{- end }}
{{- if and .values.podDisruptionBudget.enabled (gt (int (default 2 .replicas)) 1) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels: {{- include "kms-connector.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .values.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels: {{- include "kms-connector.selector" . | nindent 6 }}
{{- end }}
{{- end -}}

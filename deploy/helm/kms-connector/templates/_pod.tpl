{{/*
The pod of a service: what is the same in all of them. Call with (dict "root" $ "service" NAME "values" VALUES "args" LIST).
*/}}
{{- define "kms-connector.podMetadata" -}}
labels:
  {{- include "kms-connector.labels" . | nindent 2 }}
  {{- with mergeOverwrite (deepCopy .root.Values.common.podLabels) (deepCopy (.values.podLabels | default dict)) }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  # Pods restart when their settings change.
  checksum/settings: {{ include "kms-connector.settings" . | sha256sum }}
  {{- with mergeOverwrite (deepCopy .root.Values.common.podAnnotations) (deepCopy (.values.podAnnotations | default dict)) }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "kms-connector.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.common.userId }}
runAsGroup: {{ .Values.common.userId }}
fsGroup: {{ .Values.common.userId }}
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "kms-connector.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "kms-connector.podPlacement" -}}
{{- $common := .root.Values.common -}}
{{- with $common.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $common.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $common.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $common.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- define "kms-connector.spread" -}}
topologySpreadConstraints:
{{- if .values.topologySpreadConstraints }}
  {{- toYaml .values.topologySpreadConstraints | nindent 2 }}
{{- else }}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector: { matchLabels: { {{- include "kms-connector.selector" $ | replace "\n" ", " -}} } }
{{- end }}
{{- end }}
{{- end -}}

{{- define "kms-connector.volumes" -}}
{{- $nats := .root.Values.nats -}}
volumes:
  - name: tmp
    emptyDir: { medium: Memory, sizeLimit: 16Mi }
  {{- with $nats.credentialsSecret }}
  - name: nats-credentials
    secret: { secretName: {{ . }}, defaultMode: 0440, items: [{ key: {{ $.service }}.creds, path: {{ $.service }}.creds }] }
  {{- end }}
  {{- with $nats.nkeySecret }}
  - name: nats-credentials
    secret: { secretName: {{ . }}, defaultMode: 0440, items: [{ key: {{ $.service }}.nk, path: {{ $.service }}.nk }] }
  {{- end }}
  {{- with $nats.tlsSecret }}
  - name: nats-tls
    secret: { secretName: {{ . }}, defaultMode: 0440 }
  {{- end }}
  {{- if eq .service "tx-sender" }}
  {{- with .values.wallet.keystore }}
  - name: wallet
    secret: { secretName: {{ .secretName }}, defaultMode: 0440 }
  {{- end }}
  {{- end }}
  {{- range $i, $file := .values.secretFiles }}
  - name: secret-{{ $i }}
    secret: { secretName: {{ $file.secretName }}, defaultMode: 0440 }
  {{- end }}
{{- end -}}

{{- define "kms-connector.volumeMounts" -}}
{{- $nats := .root.Values.nats -}}
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  {{- if or $nats.credentialsSecret $nats.nkeySecret }}
  - { name: nats-credentials, mountPath: /etc/kms-connector/nats, readOnly: true }
  {{- end }}
  {{- if $nats.tlsSecret }}
  - { name: nats-tls, mountPath: /etc/kms-connector/nats-tls, readOnly: true }
  {{- end }}
  {{- if and (eq .service "tx-sender") .values.wallet.keystore }}
  - { name: wallet, mountPath: /etc/kms-connector/wallet, readOnly: true }
  {{- end }}
  {{- range $i, $file := .values.secretFiles }}
  - { name: secret-{{ $i }}, mountPath: {{ $file.mountPath }}, readOnly: true }
  {{- end }}
{{- end -}}

{{- define "kms-connector.environment" -}}
{{- $own := include "kms-connector.secretVariables" . -}}
envFrom:
  - configMapRef: { name: {{ include "kms-connector.name" . }}-settings }
env:
  - { name: KMS_CONNECTOR_SERVICE_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
  {{- $own | nindent 2 }}
  {{- with .root.Values.common.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* A readiness check of the service may take healthcheck_timeout: the probe waits longer, or it would give up first. */}}
{{- define "kms-connector.probes" -}}
{{- $settings := include "kms-connector.settings" . | fromJson -}}
{{- $timeout := add 2 (include "kms-connector.seconds" ($settings.healthcheck_timeout | default "3s") | int) -}}
startupProbe:
  httpGet: { path: /livez, port: monitoring }
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  # Only whether this process works: an outage of a dependency must not restart it.
  httpGet: { path: /livez, port: monitoring }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: monitoring }
  periodSeconds: 10
  timeoutSeconds: {{ $timeout }}
  failureThreshold: 3
{{- end -}}

{{/* The drain of the service ends by itself before the node kills it. */}}
{{- define "kms-connector.gracePeriod" -}}
{{- $settings := include "kms-connector.settings" . | fromJson -}}
{{- add 5 (include "kms-connector.seconds" ($settings.shutdown_timeout | default "25s") | int) -}}
{{- end -}}

{{- define "kms-connector.podSpec" -}}
serviceAccountName: {{ include "kms-connector.serviceAccountName" . }}
automountServiceAccountToken: false
# Variables that Kubernetes makes of Services would carry the prefix of the settings.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "kms-connector.gracePeriod" . }}
securityContext: {{- include "kms-connector.podSecurity" .root | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- include "kms-connector.podPlacement" . }}
containers:
  - name: {{ .service }}
    image: {{ include "kms-connector.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    {{- with .youngGenerationMb }}
    command: [/usr/bin/node, --max-semi-space-size={{ . }}, /usr/bin/kms-connector]
    {{- end }}
    args: {{ toJson .args }}
    {{- include "kms-connector.environment" . | nindent 4 }}
    {{- if .ports }}
    ports:
      {{- range $name, $port := .ports }}
      - { name: {{ $name }}, containerPort: {{ $port }} }
      {{- end }}
    {{- include "kms-connector.probes" . | nindent 4 }}
    {{- end }}
    resources: {{- toYaml .values.resources | nindent 6 }}
    securityContext: {{- include "kms-connector.containerSecurity" .root | nindent 6 }}
    {{- include "kms-connector.volumeMounts" . | nindent 4 }}
{{ include "kms-connector.volumes" . }}
{{- end -}}

{{/* Prefix of all objects; 40 characters leave room for the longest suffix within the 63 of a label. */}}
{{- define "kms-connector.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $full .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Call with (dict "root" $ "service" "gw-listener"). */}}
{{- define "kms-connector.name" -}}
{{- printf "%s-%s" (include "kms-connector.fullname" .root) .service -}}
{{- end -}}

{{- define "kms-connector.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/component: {{ .service }}
{{- end -}}

{{/* Image tags may hold characters that a label may not. */}}
{{- define "kms-connector.labels" -}}
{{ include "kms-connector.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: kms-connector
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_") | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "kms-connector.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "kms-connector.serviceAccountName" -}}
{{- $own := printf "%s-%s" (include "kms-connector.fullname" .root) .service -}}
{{- .values.serviceAccount.create | ternary (default $own .values.serviceAccount.name) (default "default" .values.serviceAccount.name) -}}
{{- end -}}

{{/*
Settings come from the network preset, then common.settings, then the service. Preset as a dictionary: settings, hostChains.
*/}}
{{- define "kms-connector.preset" -}}
{{- if .Values.network -}}
{{- .Files.Get (printf "presets/%s.yaml" .Values.network) -}}
{{- else -}}
settings: {}
hostChains: {}
{{- end -}}
{{- end -}}

{{/* Host chains as a JSON array in the order of their names: preset and values merged, an entry without url left out. */}}
{{- define "kms-connector.hostChains" -}}
{{- $preset := include "kms-connector.preset" . | fromYaml -}}
{{- $chains := list -}}
{{- range $name, $chain := .Values.hostChains -}}
{{- $known := get ($preset.hostChains | default dict) $name | default dict -}}
{{- $merged := mergeOverwrite (deepCopy $known) $chain -}}
{{- if not (and $merged.chain_id $merged.acl_address) -}}
{{- fail (printf "hostChains.%s: the network %q knows no chain of this name; give chain_id and acl_address" $name $.Values.network) -}}
{{- end -}}
{{- $chains = append $chains $merged -}}
{{- end -}}
{{- toJson $chains -}}
{{- end -}}

{{/* All settings of one service as a dictionary. Call with (dict "root" $ "service" NAME "values" VALUES). */}}
{{- define "kms-connector.settings" -}}
{{- $root := .root -}}
{{- $preset := include "kms-connector.preset" $root | fromYaml -}}
{{- $settings := mergeOverwrite (deepCopy $preset.settings) (deepCopy $root.Values.common.settings) (deepCopy (.values.settings | default dict)) -}}
{{- if and (eq .service "kms-worker") $root.Values.hostChains -}}
{{- $_ := set $settings "host_chains" (include "kms-connector.hostChains" $root | fromJsonArray) -}}
{{- end -}}
{{- if or $root.Values.topologyJob.enabled $root.Values.nats.controllerResources.enabled -}}
{{- $mode := eq .service "topology" | ternary "manage" "verify" -}}
{{- $_ := set $settings "streams" (mergeOverwrite (deepCopy ($settings.streams | default dict)) (dict "provision" $mode)) -}}
{{- end -}}
{{- with $root.Values.nats.credentialsSecret -}}
{{- $_ := set $settings "nats_credentials_file" (printf "/etc/kms-connector/nats/%s.creds" $.service) -}}
{{- end -}}
{{- with $root.Values.nats.nkeySecret -}}
{{- $_ := set $settings "nats_nkey_seed_file" (printf "/etc/kms-connector/nats/%s.nk" $.service) -}}
{{- end -}}
{{- if $root.Values.nats.tlsSecret -}}
{{- $tls := dict "ca_file" "/etc/kms-connector/nats-tls/ca.crt" -}}
{{- $_ := set $settings "nats_tls" (mergeOverwrite $tls (deepCopy ($settings.nats_tls | default dict))) -}}
{{- end -}}
{{- if eq .service "tx-sender" -}}
{{- $wallet := .values.wallet -}}
{{- with $wallet.awsKms -}}
{{- $aws := dict "key_id" .keyId -}}
{{- with .region }}{{- $_ := set $aws "region" . -}}{{- end -}}
{{- $_ := set $settings "aws_kms_config" $aws -}}
{{- end -}}
{{- with $wallet.keystore -}}
{{- $_ := set $settings "signing_key_path" (printf "/etc/kms-connector/wallet/%s" .key) -}}
{{- with .passwordKey }}{{- $_ := set $settings "signing_key_password_file" (printf "/etc/kms-connector/wallet/%s" .) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}

{{/* Settings as KMS_CONNECTOR_* variables, one a line. Call with (dict "prefix" "KMS_CONNECTOR_" "settings" DICTIONARY). */}}
{{- define "kms-connector.variables" -}}
{{- $prefix := .prefix -}}
{{- range $name, $value := .settings -}}
{{- $variable := printf "%s%s" $prefix (upper $name) -}}
{{- if kindIs "map" $value -}}
{{- include "kms-connector.variables" (dict "prefix" (printf "%s__" $variable) "settings" $value) -}}
{{- else if kindIs "slice" $value -}}
{{- $isTables := and $value (kindIs "map" (first $value)) }}
{{ $variable }}: {{ $isTables | ternary (toJson $value) (join "," $value) | quote }}
{{- else if kindIs "float64" $value }}
{{ $variable }}: {{ $value | int64 | toString | quote }}
{{- else if not (kindIs "invalid" $value) }}
{{ $variable }}: {{ $value | toString | quote }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Settings from Secrets, of all services and of this one, as entries of env. */}}
{{- define "kms-connector.secretVariables" -}}
{{- $secrets := mergeOverwrite (deepCopy .root.Values.common.secretSettings) (deepCopy (.values.secretSettings | default dict)) -}}
{{- if eq .service "tx-sender" -}}
{{- with .values.wallet.privateKey }}{{- $_ := set $secrets "private_key" . -}}{{- end -}}
{{- end -}}
{{- range $path, $from := $secrets }}
- name: KMS_CONNECTOR_{{ $path | replace "." "__" | upper }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.name }}
      key: {{ $from.key }}
{{- end -}}
{{- end -}}

{{/* Whole seconds of a duration such as 25s, 1500ms or 2m, rounded up. */}}
{{- define "kms-connector.seconds" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^[0-9]+" $text | int -}}
{{- $unit := regexFind "[a-z]+$" $text -}}
{{- if eq $unit "ms" -}}{{ div (add $number 999) 1000 }}
{{- else if eq $unit "s" -}}{{ $number }}
{{- else if eq $unit "m" -}}{{ mul $number 60 }}
{{- else if eq $unit "h" -}}{{ mul $number 3600 }}
{{- else -}}{{ fail (printf "%q: write it as a number and one of ms, s, m, h" $text) }}
{{- end -}}
{{- end -}}

{{/*
What the schema cannot say: settings that only make sense together. Every fault names the value and what to do.
*/}}
{{- define "kms-connector.checks" -}}
{{- $values := .Values -}}
{{- if and $values.topologyJob.enabled $values.nats.controllerResources.enabled -}}
{{- fail "nats.controllerResources.enabled: the NATS controller manages the streams alone; set topologyJob.enabled to false" -}}
{{- end -}}
{{- if and $values.nats.credentialsSecret $values.nats.nkeySecret -}}
{{- fail "nats.nkeySecret: give one of nkeySecret and credentialsSecret" -}}
{{- end -}}
{{- if and $values.kmsWorker.autoscaling.enabled $values.kmsWorker.keda.enabled -}}
{{- fail "kmsWorker.keda.enabled: enable one of autoscaling and keda, they would fight over the replicas" -}}
{{- end -}}
{{- range $scaler := list "autoscaling" "keda" -}}
{{- with get $values.kmsWorker $scaler -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail (printf "kmsWorker.%s: minReplicas is above maxReplicas" $scaler) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $values.txSender.enabled -}}
{{- $wallets := list -}}
{{- range $kind := list "awsKms" "keystore" "privateKey" -}}
{{- if get $values.txSender.wallet $kind -}}{{- $wallets = append $wallets $kind -}}{{- end -}}
{{- end -}}
{{- if ne (len $wallets) 1 -}}
{{- fail (printf "txSender.wallet: give exactly one of awsKms, keystore and privateKey, not %d" (len $wallets)) -}}
{{- end -}}
{{- end -}}
{{- range $service := list (dict "name" "gw-listener" "key" "gwListener") (dict "name" "kms-worker" "key" "kmsWorker") (dict "name" "tx-sender" "key" "txSender") -}}
{{- $own := get $values $service.key -}}
{{- if $own.enabled -}}
{{- $settings := include "kms-connector.settings" (dict "root" $ "service" $service.name "values" $own) | fromJson -}}
{{- $secrets := merge (deepCopy $values.common.secretSettings) (deepCopy $own.secretSettings) -}}
{{- $needed := list "gateway_url" "gateway_chain_id" "decryption_contract" "kms_generation_contract" -}}
{{- if eq $service.name "kms-worker" -}}{{- $needed = concat $needed (list "gateway_config_contract" "host_chains" "wallet_address" "kms_core_endpoints") -}}{{- end -}}
{{- range $name := $needed -}}
{{- if not (or (hasKey $settings $name) (hasKey $secrets $name)) -}}
{{- $hint := eq $name "host_chains" | ternary "hostChains (with the urls of the chains)" (printf "common.settings.%s or %s.settings.%s" $name $service.key $name) -}}
{{- fail (printf "%s needs the setting %s: give %s" $service.name $name $hint) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

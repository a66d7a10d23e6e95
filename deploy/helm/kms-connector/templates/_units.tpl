{{/* A duration as Go writes it: days become hours. */}}
{{- define "kms-connector.goDuration" -}}
{{- if hasSuffix "d" (toString .) -}}{{ mul (trimSuffix "d" (toString .) | int) 24 }}h{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{/* A size such as 4GiB, 2GB or 4096 as a number of bytes. */}}
{{- define "kms-connector.byteCount" -}}
{{- $text := kindIs "float64" . | ternary (. | int64 | toString) (toString .) -}}
{{- $number := regexFind "^[0-9]+" $text | int64 -}}
{{- $unit := regexFind "[A-Za-z]+$" $text -}}
{{- $factors := dict "" 1 "B" 1 "KB" 1000 "MB" 1000000 "GB" 1000000000 "TB" 1000000000000 "KiB" 1024 "MiB" 1048576 "GiB" 1073741824 "TiB" 1099511627776 -}}
{{- if not (hasKey $factors $unit) -}}{{- fail (printf "%q is no size" $text) -}}{{- end -}}
{{- mul $number (get $factors $unit) -}}
{{- end -}}

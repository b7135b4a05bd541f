{{- define "etcd-ts-cluster.name" -}}
{{ default .Release.Name .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

#!/bin/sh
# Make a key, a request and a certificate signed by itself for the telephones' HTTPS: see README.md.
# Usage: certs/make-phone-certificate.sh NAME-OR-ADDRESS...   (the first is the one that telephones use)
set -eu

if [ $# -eq 0 ]; then
  echo "usage: $0 NAME-OR-ADDRESS..." >&2
  exit 2
fi

folder=${FOLDER:-$(dirname "$0")}
key=$folder/phone.key
for file in "$key" "$folder/phone.csr" "$folder/phone.crt"; do
  if [ -e "$file" ]; then
    echo "$file exists: move it away first, telephones may depend on it" >&2
    exit 1
  fi
done

names=
for name in "$@"; do
  case $name in
    *[!0-9A-Za-z.:-]*) echo "$name is neither a host name nor an address" >&2; exit 2 ;;
    *:* | *[0-9].*[0-9].*[0-9].*[0-9]) kind=IP ;;
    *) kind=DNS ;;
  esac
  names=${names:+$names,}$kind:$name
done

umask 077
openssl req -new -newkey rsa:2048 -nodes -sha256 -subj "/CN=$1" -addext "subjectAltName=$names" \
  -addext "keyUsage=digitalSignature,keyEncipherment" -addext "extendedKeyUsage=serverAuth" \
  -keyout "$key" -out "$folder/phone.csr" 2>/dev/null
openssl x509 -req -in "$folder/phone.csr" -signkey "$key" -sha256 -days 3650 -copy_extensions copy \
  -out "$folder/phone.crt" 2>/dev/null
echo "made $key, $folder/phone.csr and $folder/phone.crt for $names"

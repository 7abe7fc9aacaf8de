#!/usr/bin/env bash
# Makes a network of the zoo smaller in three sizes, compares them and lists their reports; no Kafka:
#   deploy/examples/smaller.sh [DIRECTORY]
set -euo pipefail
espalier=$(cd "$(dirname "$0")/.." && pwd)/espalier
mkdir -p "${1:-smaller}"
cd "${1:-smaller}"

"$espalier" zoo data shapes
"$espalier" zoo model cifar_resnet20 net
"$espalier" optimize --model net --algorithm fastnas --constraint flops=60%,75%,90% --set channelDivisor=8 --out sizes \
  --data "calibration=shapes?split=train" --data "eval=shapes?split=test"
"$espalier" compare sizes/*/ --html compared.html
"$espalier" reports index --store . --out index.html

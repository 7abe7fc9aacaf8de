#!/usr/bin/env bash
# Puts the example policies in force on `espalier up`, registers a model of the zoo for each and waits for what comes of them:
#   deploy/espalier up                     # in another terminal
#   deploy/examples/register.sh [DIRECTORY]
set -euo pipefail
examples=$(cd "$(dirname "$0")" && pwd)
espalier=$examples/../espalier
mkdir -p "${1:-registered}"
cd "${1:-registered}"

"$espalier" policies apply -f "$examples/policies/vision.yaml" -f "$examples/policies/questions.yaml" -f "$examples/policies/decoders.yaml"

"$espalier" zoo data shapes
"$espalier" zoo model cifar_resnet20 net
"$espalier" models register shapes 1 --artifact net --data "eval=shapes?split=test" --wait

"$espalier" zoo data questions --kind questions
"$espalier" zoo model bert_tiny_questions reader
"$espalier" models register reader 1 --artifact reader --data "eval=questions/test.json" --wait

"$espalier" zoo data tales --kind tales
"$espalier" zoo model llama_tiny teller
"$espalier" models register teller 1 --artifact teller --task text-generation --data "eval=tales/test.txt" --wait

"$espalier" models list

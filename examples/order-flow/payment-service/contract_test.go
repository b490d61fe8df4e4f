package main

import (
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/specs"
)

// One spec for each promise of weir.yaml.
var _ = specs.DescribeContract("weir.yaml", harness.Service{
	Build: ".",
	Env:   map[string]string{"BROKERS": "{{.Bootstrap}}"},
	Ready: &harness.Ready{Group: "payment-service"},
}, harness.Contracts("../order-service"))

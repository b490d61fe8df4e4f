package main

import (
	"encoding/base64"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// withRegistry starts a schema registry, which ends with the script, and sets
// WEIR_REGISTRY_URL. It answers who knows user and password, and has JSON
// Schemas of files, of ids from 1:
//
//	registry weir:secret orders-value=old.json orders-value=new.json
func withRegistry(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: registry USER:PASSWORD SUBJECT=FILE…")
	}
	r := srfake.New(srfake.WithAuth("Basic " + base64.StdEncoding.EncodeToString([]byte(args[0]))))
	ts.Defer(r.Close)
	for _, s := range args[1:] {
		subject, file, _ := strings.Cut(s, "=")
		_, _, err := r.RegisterSchema(subject, sr.Schema{Schema: ts.ReadFile(file), Type: sr.TypeJSON})
		ts.Check(err)
	}
	ts.Setenv("WEIR_REGISTRY_URL", r.URL())
}

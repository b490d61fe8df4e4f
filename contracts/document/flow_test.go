package document

import "testing"

// TestFlow: what stands in brackets and braces is what YAML 1.2 has there.
func TestFlow(t *testing.T) {
	for src, labels := range map[string]map[string]string{
		`labels: {header:x: string}`:          {"header:x": "string"},
		`labels: {header:x:y: a:b}`:           {"header:x:y": "a:b"},
		`labels: {a: b:c, d: 12:30:45, e: f}`: {"a": "b:c", "d": "12:30:45", "e": "f"},
		`labels: {a: http://host:80/x}`:       {"a": "http://host:80/x"},
		`labels: {"a":b, 'c':d, "e": "f:g"}`:  {"a": "b", "c": "d", "e": "f:g"},
		`labels: {ä:b: c}`:                    {"ä:b": "c"},
		"labels: {\n  a:b: c,\n  d: e:f\n}":   {"a:b": "c", "d": "e:f"},
		"labels:\n  header:x: y:z":            {"header:x": "y:z"},
	} {
		m, _, findings := decode(t, src)
		want(t, findings, nil)
		want(t, m.Labels, labels)
	}
	type list struct {
		Needs []string `yaml:"needs"`
	}
	var l list
	_, findings := Decode("f.yaml", []byte("needs: [header:x, $.a, b:c:d, 1:2]"), &l)
	want(t, len(findings), 0)
	want(t, l.Needs, []string{"header:x", "$.a", "b:c:d", "1:2"})
	_, _, lines := decode(t, "labels: {header:x:   [a], ä:b: c, ü:v:  1}")
	want(t, lines, []string{"1:22 file/wrong-type: header:x must be text, not a list"})
	_, _, lines = decode(t, "{name: a, x:y:  1}")
	want(t, lines, []string{`1:11 file/unknown-field: the file has no field "x:y" | valid are best, city, labels, on, parts, ratio, seed, size, small, street, union, wait`})
	_, _, lines = decode(t, "best: {id:x}")
	want(t, lines, []string{`1:8 file/unknown-field: best has no field "id:x" | valid are id, tags`})
}

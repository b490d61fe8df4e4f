package prometheus

import "testing"

func TestSelectors(t *testing.T) {
	labels := map[string]string{"job": "kafka", "name": `a "b" \ c`, "rack": "r1"}
	for _, tt := range []struct {
		selector string
		matches  bool
	}{
		{`up`, true},
		{`up{}`, true},
		{`up{job="kafka"}`, true},
		{`up{ job = "kafka" , rack != "r2" , }`, true},
		{`up{job="kafka",rack="r2"}`, false},
		{`up{rack=~"r1|r2"}`, true},
		{`up{rack=~"r"}`, false}, // anchored, as Prometheus does
		{`up{rack!~"r[2-9]"}`, true},
		{`up{rack!~"r.*"}`, false},
		{`up{absent=""}`, true}, // a label that is not there is empty
		{`up{absent!=""}`, false},
		{`up{name="a \"b\" \\ c"}`, true},
		{`down`, false},
	} {
		s, err := ParseSelector(tt.selector)
		if err != nil {
			t.Errorf("%s: %v", tt.selector, err)
			continue
		}
		if got := s.matches("up", labels); got != tt.matches {
			t.Errorf("%s matches: %t", tt.selector, got)
		}
	}
}

func TestSelectorErrors(t *testing.T) {
	for selector, want := range map[string]string{
		``:                    "byte 1: no name of a metric",
		`9up`:                 "byte 1: no name of a metric",
		`up down`:             "byte 3: want labels in braces, or the end",
		`up{job="kafka"`:      "byte 3: want labels in braces, or the end",
		`rate(up[5m])`:        "byte 5: want labels in braces, or the end",
		`up{"job"="kafka"}`:   "byte 4: want the name of a label",
		`up{job}`:             "byte 7: want =, !=, =~ or !~",
		`up{job=kafka}`:       `byte 8: want a value in quotes: "…"`,
		`up{job="\x"}`:        `byte 8: want a value in quotes: "…"`,
		`up{job="a" b="c"}`:   "byte 12: want a comma, or the end",
		`up{job=~"a("}`:       "byte 9: missing closing ): `^(?:a()$`",
		`up{job="kafka",,}`:   "byte 16: want the name of a label",
		`up{job="kafka"} > 0`: "byte 3: want labels in braces, or the end",
	} {
		if _, err := ParseSelector(selector); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", selector, err, want)
		}
	}
	for match, want := range map[string]string{
		"": "byte 1: no label", `{job="kafka"}`: "byte 1: want the name of a label", `job="kafka"`: "",
	} {
		err := ParseMatch(match)
		if err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("match %s: %v, want %q", match, err, want)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for url, want := range map[string]string{
		"http://prometheus:9090":          "",
		"https://metrics.example/prom/":   "",
		"prometheus:9090":                 "it is no http:// or https:// address",
		"ftp://prometheus":                "it is no http:// or https:// address",
		"http://":                         "it is no http:// or https:// address",
		"http://a b":                      "it is no URL",
		"http://user:secret@prometheus:1": "a name and password would stand in the run directory",
	} {
		err := CheckURL(url)
		if err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

package cluster

import (
	"errors"
	"testing"
)

func TestCheckSetting(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"broker.session.timeout.ms", "3000", ""},
		{"broker.session.timeout.ms", "abc", "want a whole number from 1"},
		{"broker.session.timeout.ms", "-3", "want a whole number from 1"},
		{"log.retention.ms", "-1", ""},
		{"log.retention.ms", "-2", "want a whole number from -1"},
		{"unclean.leader.election.enable", "true", ""},
		{"unclean.leader.election.enable", "yes", "want true or false"},
		{"log.message.timestamp.type", "CreateTime", ""},
		{"log.message.timestamp.type", "now", "want one of CreateTime, LogAppendTime"},
		{"log.cleaner.threads", "x", ""}, // not known here: brokers judge it
	} {
		got := ""
		if err := CheckSetting(tt.name, tt.value); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s = %s: got %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}

func TestRefuseSetting(t *testing.T) {
	err := RefuseSetting(Docker, "broker.sesion.timeout.ms", "3000", errors.New("no"))
	var field *FieldError
	if !errors.As(err, &field) || !errors.Is(err, ErrRefused) {
		t.Fatalf("%v is no refusal of a field", err)
	}
	if got, want := field.Hint, `did you mean "broker.session.timeout.ms"?`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := err.Error(), `docker: broker setting broker.sesion.timeout.ms = "3000": no`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

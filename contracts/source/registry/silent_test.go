package registry_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts/source/registry"
)

// TestSilentRegistry: a registry that accepts and does not answer costs one
// time-out, however many subjects are asked for.
func TestSilentRegistry(t *testing.T) {
	r, asked := answering(t)
	for _, subject := range []string{"a", "b", "c"} {
		_, err := r.Versions(t.Context(), subject)
		if err == nil || !strings.Contains(err.Error(), "did not answer within 500ms") {
			t.Errorf("%s: %v", subject, err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

// TestRegistryThatFallsSilent: one that answered first and then does not costs
// two time-outs; an answer between them makes it a registry that answers.
func TestRegistryThatFallsSilent(t *testing.T) {
	r, asked := answering(t, 1, 3)
	for i, answers := range []bool{true, false, true, false, false, false, false} {
		_, err := r.Versions(t.Context(), "a")
		var unanswered *registry.Unanswered
		if errors.As(err, &unanswered) == answers {
			t.Errorf("question %d: %v", i+1, err)
		}
		if unanswered != nil && (unanswered.Registry != r.String() || unanswered.What != "read the versions of a" || !strings.Contains(unanswered.Err.Error(), "did not answer within 500ms")) {
			t.Errorf("question %d: %+v", i+1, unanswered)
		}
	}
	if n := asked.Load(); n != 5 {
		t.Errorf("asked %d times, want 5 times", n)
	}
}

// answering is a registry that answers some of the questions, counted from 1, and
// lets the others wait; asked counts them.
func answering(t *testing.T, questions ...int32) (r *registry.Registry, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !slices.Contains(questions, asked.Add(1)) {
			<-done
		}
		_, _ = w.Write([]byte("[1]"))
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(done) })
	r, err := registry.New(registry.Config{URL: server.URL, Timeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r, asked
}

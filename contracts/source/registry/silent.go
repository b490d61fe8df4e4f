package registry

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// patience is how long a registry that has never answered is not asked again: many
// schemas may be in it, and one time-out says what each would.
const patience = time.Minute

// silent does not ask a registry again that did not answer.
type silent struct {
	bounded
	heard atomic.Bool
	since atomic.Pointer[time.Time] // nil: it was not found silent
}

// RoundTrip fails at once, as the request before did, where that is not long ago.
func (s *silent) RoundTrip(request *http.Request) (*http.Response, error) {
	if since := s.since.Load(); since != nil && !s.heard.Load() && time.Since(*since) < patience {
		if request.Body != nil {
			_ = request.Body.Close() // a RoundTripper must, and there is nothing to lose
		}
		return nil, context.DeadlineExceeded
	}
	response, err := s.bounded.RoundTrip(request)
	switch {
	case err == nil:
		s.heard.Store(true)
	case late(request):
		now := time.Now()
		s.since.Store(&now)
	}
	return response, err
}

// late reports whether the time for an answer is over. Whether the request then
// failed by its deadline or because the client gave it up is a matter of chance.
func late(request *http.Request) bool {
	deadline, limited := request.Context().Deadline()
	return limited && !time.Now().Before(deadline)
}

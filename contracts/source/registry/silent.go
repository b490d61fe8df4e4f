package registry

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// patience is how long a registry that does not answer is not asked again: many
// schemas may be in it, and one time-out says what each would.
const patience = time.Minute

// enough is after how many time-outs in a row a registry that has answered
// before is taken for one that does not; the first one may be of its own
// question. One that never answered is not asked twice.
const enough = 2

// silent does not ask a registry again that does not answer.
type silent struct {
	bounded

	mu    sync.Mutex
	heard bool
	late  int       // time-outs since the last answer
	since time.Time // of the last of them
}

// RoundTrip fails at once, as the requests before did, where that is not long
// ago.
func (s *silent) RoundTrip(request *http.Request) (*http.Response, error) {
	if s.gaveUp() {
		if request.Body != nil {
			_ = request.Body.Close() // a RoundTripper must, and there is nothing to lose
		}
		return nil, context.DeadlineExceeded
	}
	response, err := s.bounded.RoundTrip(request)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.heard, s.late = true, 0
	case late(request):
		s.late++
		s.since = time.Now()
	}
	return response, err
}

func (s *silent) gaveUp() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return (s.late >= enough || s.late > 0 && !s.heard) && time.Since(s.since) < patience
}

// late reports whether the time for an answer is over. Whether the request then
// failed by its deadline or because the client gave it up is a matter of chance.
func late(request *http.Request) bool {
	deadline, limited := request.Context().Deadline()
	return limited && !time.Now().Before(deadline)
}

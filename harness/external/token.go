package external

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	// tokenTimeout bounds one request; Kafka's default is none.
	tokenTimeout = 10 * time.Second
	// refreshWindow is the share of a token's life after which a new one is
	// fetched: Kafka's sasl.login.refresh.window.factor.
	refreshWindow = 0.8
	// maxTokenBytes bounds an endpoint's answer.
	maxTokenBytes = 1 << 20
)

// tokenSource gets tokens from an endpoint by the client credentials grant
// (RFC 6749, section 4.4), and keeps each for most of its life: every
// connection asks for one.
type tokenSource struct {
	endpoint, clientID, secret, scope string

	mu      sync.Mutex
	current string
	renew   time.Time
}

func (s *tokenSource) token(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != "" && time.Now().Before(s.renew) {
		return s.current, nil
	}
	answer, err := s.fetch(ctx)
	if err != nil {
		return "", fmt.Errorf("get a token from %s: %w", s.endpoint, err)
	}
	s.current = answer.Token
	life := time.Duration(answer.ExpiresIn * refreshWindow * float64(time.Second))
	s.renew = time.Now().Add(life) // without a life: asked for again next time
	return s.current, nil
}

type tokenAnswer struct {
	Token     string  `json:"access_token"`
	ExpiresIn float64 `json:"expires_in"`
	Error     string  `json:"error"` // RFC 6749, section 5.2
}

// fetch asks for a token. Its errors hold the endpoint's error code, and
// nothing else of what it said: that may be the token.
func (s *tokenSource) fetch(ctx context.Context) (answer tokenAnswer, err error) {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	form := url.Values{"grant_type": {"client_credentials"}}
	if s.scope != "" {
		form.Set("scope", s.scope)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return answer, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	request.SetBasicAuth(s.clientID, s.secret)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // the URL is in our own message
		}
		return answer, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxTokenBytes))
	if err != nil {
		return answer, err
	}
	unreadable := json.Unmarshal(body, &answer) != nil
	switch {
	case response.StatusCode != http.StatusOK && answer.Error != "":
		return answer, fmt.Errorf("it answers %s: %q", response.Status, answer.Error)
	case response.StatusCode != http.StatusOK:
		return answer, fmt.Errorf("it answers %s", response.Status)
	case unreadable:
		return answer, errors.New("its answer is no JSON")
	case answer.Token == "":
		return answer, errors.New("its answer has no access_token")
	}
	return answer, nil
}

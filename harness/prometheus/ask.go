package prometheus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxAnswer bounds what is read of one answer.
const maxAnswer = 16 << 20

// CheckURL says what is wrong with the address of a server or an exporter.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("it is no URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("it is no http:// or https:// address")
	case u.User != nil:
		return errors.New("a name and password would stand in the run directory")
	}
	return nil
}

// server is a Prometheus server.
type server struct {
	url     string
	match   string
	metrics []string
	client  *http.Client
	// until is how far samples were read.
	until time.Time
}

// The first answer reaches back so that counters have a sample before the load;
// each later one over the one before, since a server may be late with samples.
const (
	firstWindow = 2 * time.Minute
	overlap     = time.Minute
	mostWindow  = 15 * time.Minute
)

// ask reads the samples that the server has got since it was asked before, and
// some of them again.
func (s *server) ask(ctx context.Context) (samples []sample, answered bool, problems []error) {
	window := firstWindow
	now := time.Now()
	if !s.until.IsZero() {
		window = min(now.Sub(s.until).Truncate(time.Second)+overlap, mostWindow)
	}
	query := `{__name__=~"` + strings.Join(s.metrics, "|") + `"`
	if s.match != "" {
		query += "," + s.match
	}
	query += "}[" + strconv.Itoa(int(window.Seconds())) + "s]"
	form := url.Values{"query": {query}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(s.url, "/")+"/api/v1/query", strings.NewReader(form))
	if err != nil {
		return nil, false, []error{err}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, false, []error{reason(s.url, err)}
	}
	defer func() { _ = resp.Body.Close() }()
	samples, err = readAnswer(resp)
	if err != nil {
		return nil, false, []error{reason(s.url, err)}
	}
	s.until = now
	if off := clock(resp, now); off != 0 {
		problems = []error{fmt.Errorf("%s: its clock is off by %s: so are the times of its samples", s.url, off)}
	}
	return samples, true, problems
}

// clock is by how much the clock of who answered differs from this one; 0 where
// that is not known, or no more than its resolution and the way explain.
func clock(resp *http.Response, asked time.Time) time.Duration {
	const slack = 2 * time.Second
	date, err := http.ParseTime(resp.Header.Get("Date"))
	switch answered := time.Now(); {
	case err != nil:
	case date.Before(asked.Add(-slack)):
		return date.Sub(asked).Truncate(time.Second)
	case date.After(answered.Add(slack)):
		return date.Sub(answered).Truncate(time.Second)
	}
	return 0
}

// answer is what the server says to a query.
type answer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		Type   string `json:"resultType"`
		Result []struct {
			Metric map[string]string    `json:"metric"`
			Values [][2]json.RawMessage `json:"values"`
		} `json:"result"`
	} `json:"data"`
}

func readAnswer(resp *http.Response) ([]sample, error) {
	b, err := readBody(resp)
	if err != nil {
		return nil, err
	}
	var a answer
	if err := json.Unmarshal(b, &a); err != nil {
		if resp.StatusCode != http.StatusOK {
			return nil, errors.New(resp.Status)
		}
		return nil, errors.New("the answer is not that of a Prometheus server")
	}
	if resp.StatusCode != http.StatusOK || a.Status != "success" {
		return nil, errors.New(cut(a.Error + " (" + resp.Status + ")"))
	}
	if a.Data.Type != "matrix" {
		return nil, fmt.Errorf("the answer is a %q and no matrix", cut(a.Data.Type))
	}
	var all []sample
	for _, series := range a.Data.Result {
		s := sample{metric: series.Metric["__name__"], broker: series.Metric["instance"], labels: series.Metric}
		for _, pair := range series.Values {
			if s.at, s.value, err = readPair(pair); err != nil {
				return nil, err
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// readPair reads a time in seconds and a value in quotes.
func readPair(pair [2]json.RawMessage) (at time.Time, value float64, err error) {
	var seconds float64
	var text string
	err = errors.Join(json.Unmarshal(pair[0], &seconds), json.Unmarshal(pair[1], &text))
	if err == nil {
		value, err = strconv.ParseFloat(text, 64)
	}
	if err != nil || math.IsNaN(seconds) || math.Abs(seconds) > 1e11 {
		return at, 0, errors.New("the answer has a sample that is no time and number")
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))), value, nil
}

// readBody reads an answer within its bound.
func readBody(resp *http.Response) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)
	}
	return b, err
}

// exporters are those of the brokers.
type exporters struct {
	urls   []string
	wanted map[string]bool
	client *http.Client
}

// ask reads all exporters side by side; one of them is an answer.
func (e *exporters) ask(ctx context.Context) (samples []sample, answered bool, problems []error) {
	found := make([][]sample, len(e.urls))
	errs := make([]error, len(e.urls))
	var all sync.WaitGroup
	for i, at := range e.urls {
		all.Go(func() {
			var err error
			if found[i], err = e.one(ctx, at); err != nil {
				errs[i] = reason(at, err)
			}
		})
	}
	all.Wait()
	for i := range e.urls {
		samples = append(samples, found[i]...)
		if errs[i] != nil {
			problems = append(problems, errs[i])
		}
	}
	return samples, len(problems) < len(e.urls), problems
}

func (e *exporters) one(ctx context.Context, at string) ([]sample, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/plain;version=0.0.4")
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	body := &io.LimitedReader{R: resp.Body, N: maxAnswer + 1}
	samples, err := readText(body, e.wanted, time.Now(), req.URL.Host)
	if body.N <= 0 {
		return nil, fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)
	}
	return samples, err
}

// reason is an error with who it is of, without what changes from time to time.
func reason(at string, err error) error {
	var of *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &of) && of.Timeout():
		return fmt.Errorf("%s: no answer in time", at)
	case errors.As(err, &of):
		err = of.Err
	}
	return fmt.Errorf("%s: %s", at, cut(err.Error()))
}

// cut bounds text of others.
func cut(text string) string {
	const longest = 300
	text = strings.ToValidUTF8(text, "\uFFFD")
	if r := []rune(text); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return text
}

package metrics

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/flowweir/weir/reports/finding"
)

// Path is where the figures are.
const Path = "/metrics"

// Exporter holds where the figures of a run come from. It is safe for
// concurrent use; the zero value has none yet.
type Exporter struct {
	mu       sync.Mutex
	snapshot func() Snapshot
	verdict  finding.Verdict
	// scraped is closed by the first scrape after the verdict.
	scraped chan struct{}
}

// Watch says where the figures come from, from now on. The function is called
// for each scrape, from any goroutine.
func (e *Exporter) Watch(snapshot func() Snapshot) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.snapshot = snapshot
}

// Judged sets the verdict of the run, and its phase to PhaseEnded.
func (e *Exporter) Judged(v finding.Verdict) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.verdict, e.scraped = v, make(chan struct{})
}

// take is the state of this moment, and what the scrape closes when it is
// over.
func (e *Exporter) take() (s Snapshot, v finding.Verdict, over func()) {
	e.mu.Lock()
	snapshot, v, scraped := e.snapshot, e.verdict, e.scraped
	e.mu.Unlock()
	s = Snapshot{Phase: PhaseSetup}
	if snapshot != nil {
		s = snapshot()
	}
	if v == "" {
		return s, v, func() {}
	}
	s.Phase = PhaseEnded
	return s, v, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.scraped == scraped && !closed(scraped) {
			close(scraped)
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Linger waits until the verdict was scraped, at most for a time or until ctx
// ends. Without a verdict it does not wait.
func (e *Exporter) Linger(ctx context.Context, atMost time.Duration) {
	e.mu.Lock()
	scraped := e.scraped
	e.mu.Unlock()
	if scraped == nil {
		return
	}
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-scraped:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// ServeHTTP answers a scrape, in OpenMetrics where the reader accepts it.
func (e *Exporter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "figures are read with GET", http.StatusMethodNotAllowed)
		return
	}
	f := plainText
	if acceptsOpenMetrics(r.Header.Values("Accept")) {
		f = openMetrics
	}
	w.Header().Set("Content-Type", f.contentType)
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	s, v, over := e.take()
	if f.write(w, families(s, v)) == nil {
		over()
	}
}

// acceptsOpenMetrics says whether a reader names OpenMetrics 1.0 among what it
// takes.
func acceptsOpenMetrics(accept []string) bool {
	for _, header := range accept {
		for entry := range strings.SplitSeq(header, ",") {
			kind, params, err := mime.ParseMediaType(strings.TrimSpace(entry))
			if err == nil && kind == "application/openmetrics-text" && (params["version"] == "" || params["version"] == "1.0.0") && params["q"] != "0" {
				return true
			}
		}
	}
	return false
}

// Server serves an Exporter.
type Server struct {
	// URL is where the figures are.
	URL string
	// Open says that other machines can read them: the address is no loopback
	// address.
	Open bool

	http http.Server
	done chan error
}

// Listen serves an Exporter at an address, host:port or a port alone. Without
// a host that is 127.0.0.1; port 0 is a free one. Close ends it.
func Listen(ctx context.Context, address string, e *Exporter) (*Server, error) {
	if !strings.Contains(address, ":") {
		address = ":" + address
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == "" {
		host = "127.0.0.1"
	}
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(Path, e)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "weir: the figures of the run are at %s\n", Path)
	})
	at, _ := l.Addr().(*net.TCPAddr)
	s := &Server{
		URL:  "http://" + l.Addr().String() + Path,
		Open: at == nil || !at.IP.IsLoopback(),
		http: http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 64 << 10},
		done: make(chan error, 1),
	}
	go func() { s.done <- s.http.Serve(l) }()
	return s, nil
}

// closeTimeout is how long a scrape that goes on may take to end.
const closeTimeout = 2 * time.Second

// Close ends the server, and waits for a scrape that goes on.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

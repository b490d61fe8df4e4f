package run

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/flowweir/weir/reports/internal/atomicfile"
)

// The names of the files and folders of a run directory.
const (
	runFile       = "run.json"
	scenarioFile  = "scenario.json"
	resultsFile   = "results.json"
	seriesFile    = "series.jsonl"
	timelineFile  = "timeline.jsonl"
	brokersFile   = "brokers.jsonl"
	commitsFile   = "commits.jsonl"
	baselineFile  = "comparison.json"
	histogramsDir = "histograms"
	journalDir    = "journal"
	servicesDir   = "services"
	brokersDir    = "brokers"
	histogramExt  = ".hlog"
	logExt        = ".log"
	timesExt      = ".times.jsonl"
)

// shortID is how many digits of a run's identity its directory's name shows.
const shortID = 6

// Dir is a run directory that is being written. All its methods are safe for
// concurrent use.
type Dir struct {
	root string
	// made are the directories that Create made, root and its parents, the
	// lowest first.
	made []string

	mu       sync.Mutex
	series   *os.File
	timeline *os.File
	brokers  *os.File // made with the first line, as commits is
	commits  *os.File
	failed   error // the first of appending
}

// DirName is the name of a run and of its directory: when it started (UTC),
// its name reduced to letters, digits, dots and dashes, and the first digits of
// its identity, so that a listing is in order of time.
func DirName(started time.Time, name, identity string) string {
	parts := []string{started.UTC().Format("20060102T150405Z")}
	if s := slug(name); s != "" {
		parts = append(parts, s)
	}
	if id := slug(identity); id != "" {
		parts = append(parts, id[:min(len(id), shortID)])
	}
	return strings.Join(parts, "-")
}

// DefaultDir is where a run is kept unless the user says otherwise: DirName
// below "runs" in the working directory.
func DefaultDir(started time.Time, name, identity string) string {
	return filepath.Join("runs", DirName(started, name, identity))
}

// slug keeps what is safe in a file name on every platform.
func slug(s string) string {
	const longest = 60
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.' && b.Len() > 0:
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
		default:
			dash = true
		}
		if b.Len() >= longest {
			break
		}
	}
	return strings.TrimRight(b.String(), ".-")
}

// Create makes the directory root, with its parents, and writes run.json at
// once with status Running. Format is set by this package. A directory that
// already holds a run is an error: runs are never overwritten, and of two that
// are given one directory at the same moment one gets it.
func Create(root string, r Run) (_ *Dir, err error) {
	d := &Dir{root: root}
	for dir := filepath.Clean(root); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
			break
		}
		d.made = append(d.made, dir)
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, err
	}
	// Making this folder is what claims the directory: of several that try,
	// the system lets one succeed.
	if err := d.claim(); err != nil {
		return nil, err
	}
	for _, sub := range []string{journalDir, servicesDir} {
		if err := os.MkdirAll(filepath.Join(root, sub), 0o755); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	r.Status = Running
	if err := d.WriteRun(r); err != nil {
		return nil, err
	}
	if d.series, err = d.open(seriesFile); err != nil {
		return nil, err
	}
	if d.timeline, err = d.open(timelineFile); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Dir) claim() error {
	if _, err := os.Lstat(d.Path(runFile)); !errors.Is(err, os.ErrNotExist) {
		return cmp.Or(err, d.taken())
	}
	err := os.Mkdir(d.Path(histogramsDir), 0o755)
	if errors.Is(err, os.ErrExist) {
		return d.taken()
	}
	return err
}

// ErrTaken says that a directory holds a run already.
var ErrTaken = errors.New("already holds a run: choose another directory or remove it")

func (d *Dir) taken() error { return fmt.Errorf("%s %w", d.root, ErrTaken) }

// Discard closes and removes the directory, as far as Create and what followed
// made it: what else lies in it stays.
func (d *Dir) Discard() error {
	errs := []error{d.Close()}
	for _, name := range []string{runFile, scenarioFile, resultsFile, seriesFile, timelineFile, brokersFile, commitsFile, baselineFile, journalDir, servicesDir, brokersDir, histogramsDir} {
		errs = append(errs, os.RemoveAll(d.Path(name)))
	}
	for _, dir := range d.made {
		if os.Remove(dir) != nil {
			break // others have put something into it
		}
	}
	return errors.Join(errs...)
}

// BrokerLogs is the folder for the logs of brokers that the run starts.
func (d *Dir) BrokerLogs() string { return d.Path(brokersDir) }

func (d *Dir) open(name string) (*os.File, error) {
	f, err := os.OpenFile(d.Path(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	return f, nil
}

// Path is the path of a file in the directory; without elements it is the
// directory itself.
func (d *Dir) Path(elem ...string) string {
	return filepath.Join(append([]string{d.root}, elem...)...)
}

// HistogramPath is where the HdrHistogram log of a latency kind belongs.
func (d *Dir) HistogramPath(kind string) string {
	return d.Path(histogramsDir, kind+histogramExt)
}

// JournalPath is the folder of the journal.
func (d *Dir) JournalPath() string { return d.Path(journalDir) }

// ServiceLog is the log file of a service, relative to the directory and with
// slashes: the value of Service.Log. Names that differ only in characters
// that file names may not have would share a file, so names of services are
// expected to be plain.
func ServiceLog(name string) string {
	s := slug(name)
	if s == "" {
		s = "service"
	}
	return servicesDir + "/" + s + logExt
}

// WriteRun replaces run.json. Format is set by this package, and so is Files
// of a run that ended.
func (d *Dir) WriteRun(r Run) error {
	r.Format = Format
	if r.Status != Running {
		r.Files = d.files()
	}
	return d.writeJSON(runFile, kept(r))
}

// WriteScenario replaces scenario.json: the resolved scenario, as the runner
// understood it. Its shape is the scenario's own. Secrets must have been
// removed from it: of the other files this package removes them.
func (d *Dir) WriteScenario(scenario any) error {
	return d.writeJSON(scenarioFile, scenario)
}

// WriteResults replaces results.json. Format is set by this package.
func (d *Dir) WriteResults(r Results) error {
	r.Format = Format
	return d.writeJSON(resultsFile, kept(r))
}

func (d *Dir) writeJSON(name string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("%s: %w", d.Path(name), err)
	}
	return atomicfile.Write(d.Path(name), func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
}

// AppendInterval appends a line to series.jsonl. The line has left the
// process when AppendInterval returns: a killed run keeps it.
func (d *Dir) AppendInterval(i Interval) error { return d.appendLine(&d.series, i) }

// AppendEvent appends a line to timeline.jsonl. The line has left the process
// when AppendEvent returns: a killed run keeps it.
func (d *Dir) AppendEvent(e Event) error { return d.appendLine(&d.timeline, kept(e)) }

// AppendBroker appends a line to brokers.jsonl, which is made with the first
// one: most runs ask brokers nothing.
func (d *Dir) AppendBroker(s BrokerSample) error {
	if err := d.openLate(&d.brokers, brokersFile); err != nil {
		return err
	}
	return d.appendLine(&d.brokers, s)
}

// AppendCommit appends a line to commits.jsonl, which is made with the first
// one: most runs do not look at commits.
func (d *Dir) AppendCommit(c Commit) error {
	if err := d.openLate(&d.commits, commitsFile); err != nil {
		return err
	}
	return d.appendLine(&d.commits, c)
}

// openLate opens a file that few runs have.
func (d *Dir) openLate(file **os.File, name string) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if *file == nil && d.series != nil { // the series is open as long as the directory is
		*file, err = d.open(name)
	}
	return err
}

// appendLine takes the file by its field: Close sets the field to nil.
func (d *Dir) appendLine(file **os.File, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	d.mu.Lock()
	defer d.mu.Unlock()
	if *file == nil {
		return fmt.Errorf("run directory %s: %w", d.root, os.ErrClosed)
	}
	if _, err = (*file).Write(line); d.failed == nil {
		d.failed = err
	}
	return err
}

// Err is the first error that appending met, if any.
func (d *Dir) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

// Close syncs and closes the appended files. It does not change run.json: only
// the runner knows how the run ended. Closing twice is no error.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, file := range []**os.File{&d.series, &d.timeline, &d.brokers, &d.commits} {
		if *file != nil {
			errs = append(errs, (*file).Sync(), (*file).Close())
			*file = nil
		}
	}
	return errors.Join(errs...)
}

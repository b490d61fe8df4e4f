package run

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// File is a file of the run directory that grew as the run went, and its size
// when the run ended.
type File struct {
	// Path is relative to the run directory, with slashes.
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

// Shortfall is a file that holds less than it did when the run ended.
type Shortfall struct {
	File
	// Has is how many bytes there are now; Missing says that there is no file.
	Has     int64
	Missing bool
}

func (s Shortfall) String() string {
	if s.Missing {
		return fmt.Sprintf("%s is missing: the run left %d bytes of it", s.Path, s.Bytes)
	}
	return fmt.Sprintf("%s was cut off: %d of the %d bytes that the run left are there", s.Path, s.Has, s.Bytes)
}

// Short is the shortfall of a file, nil where it is whole, or where the run
// ended without saying how large it was. path is relative, with slashes.
func (r *Record) Short(path string) *Shortfall {
	for i := range r.Shortfalls {
		if r.Shortfalls[i].Path == path {
			return &r.Shortfalls[i]
		}
	}
	return nil
}

// standing follows what is missing of a run that was judged.
const standing = "the verdict is the one that the run recorded while everything was there; what is missing can no longer be computed again"

// files are those that grow as a run goes, and what was judged from them.
func (d *Dir) files() []File {
	var all []File
	for _, name := range []string{resultsFile, scenarioFile, seriesFile, timelineFile, histogramsDir, journalDir, servicesDir} {
		// What cannot be listed is not claimed.
		_ = filepath.WalkDir(d.Path(name), func(file string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(d.root, file)
			all = append(all, File{filepath.ToSlash(rel), info.Size()})
			return err
		})
	}
	slices.SortFunc(all, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

// whole looks for what the run left and is not there any more.
func (rd *reader) whole(rec *Record) {
	for _, f := range rec.Run.Files {
		info, err := fs.Stat(rd.fsys, f.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			rec.Shortfalls = append(rec.Shortfalls, Shortfall{File: f, Missing: true})
		case err != nil:
			rd.problem("%s cannot be read: %v", f.Path, err)
		case !info.Mode().IsRegular():
			rec.Shortfalls = append(rec.Shortfalls, Shortfall{File: f, Missing: true})
		case info.Size() < f.Bytes:
			rec.Shortfalls = append(rec.Shortfalls, Shortfall{File: f, Has: info.Size()})
		}
	}
	for _, s := range rec.Shortfalls {
		rd.problem("%s", s)
	}
	if len(rec.Shortfalls) > 0 && rec.Run.Verdict != "" && rec.Results != nil {
		rd.problem(standing)
	}
	for _, kind := range rec.Kinds {
		name := path.Join(histogramsDir, kind+histogramExt)
		if rec.Short(name) == nil && rd.torn(name) {
			rd.problem("the last line of %s was cut off while it was written and is left out", name)
		}
	}
}

// torn says whether a file of lines ends within one.
func (rd *reader) torn(name string) bool {
	f, err := rd.fsys.Open(name)
	if err != nil {
		return false // whoever reads it is told
	}
	defer func() { _ = f.Close() }()
	seeker, ok := f.(io.ReadSeeker)
	if !ok {
		return false
	}
	if _, err := seeker.Seek(-1, io.SeekEnd); err != nil {
		return false // it is empty
	}
	last := make([]byte, 1)
	_, err = io.ReadFull(seeker, last)
	return err == nil && !strings.HasSuffix(string(last), "\n")
}

package run

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// File is a file of the run directory that grew as the run went, or that was
// judged from, as it was when the run ended.
type File struct {
	// Path is relative to the run directory, with slashes.
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	// CRC32C is the checksum of these bytes (Castagnoli), in hexadecimal; the
	// journal has none here, since its blocks have their own.
	CRC32C string `json:"crc32c,omitempty"`
}

// Defect is a file that is not any more what it was when the run ended. One
// that has grown since is whole.
type Defect struct {
	File
	// Has is how many bytes there are now; Missing says that there is no file.
	// A file that has them all was changed.
	Has     int64
	Missing bool
}

func (d Defect) String() string {
	switch {
	case d.Missing:
		return fmt.Sprintf("%s is missing: the run left %d bytes of it", d.Path, d.Bytes)
	case d.Has < d.Bytes:
		return fmt.Sprintf("%s was cut off: %d of the %d bytes that the run left are there", d.Path, d.Has, d.Bytes)
	}
	return fmt.Sprintf("%s was changed since the run ended: its checksum is another", d.Path)
}

// Defect is that of a file, nil where it is whole, or where the run ended
// without saying what it left. path is relative, with slashes.
func (r *Record) Defect(path string) *Defect {
	for i := range r.Defects {
		if r.Defects[i].Path == path {
			return &r.Defects[i]
		}
	}
	return nil
}

// standing follows what is not whole of a run that was judged.
const standing = "the verdict is the one that the run recorded while everything was there; what is missing can no longer be computed again"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is that of the first n bytes.
func checksum(r io.Reader, n int64) (string, error) {
	sum := crc32.New(castagnoli)
	if _, err := io.CopyN(sum, r, n); err != nil {
		return "", err
	}
	return fmt.Sprintf("%08x", sum.Sum32()), nil
}

// files are those that grow as a run goes, and what was judged from them.
func (d *Dir) files() []File {
	var all []File
	for _, name := range []string{resultsFile, scenarioFile, seriesFile, timelineFile, brokersFile, histogramsDir, journalDir, servicesDir} {
		// What cannot be listed or read is not claimed.
		_ = filepath.WalkDir(d.Path(name), func(file string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			rel, err := filepath.Rel(d.root, file)
			if err != nil {
				return err
			}
			f, err := describe(file, name != journalDir)
			if f.Path = filepath.ToSlash(rel); err == nil {
				all = append(all, f)
			}
			return nil
		})
	}
	slices.SortFunc(all, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

// describe is a file as it is now, without its path.
func describe(name string, sum bool) (f File, err error) {
	in, err := os.Open(name)
	if err != nil {
		return f, err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return f, err
	}
	f.Bytes = info.Size()
	if sum {
		f.CRC32C, err = checksum(in, f.Bytes)
	}
	return f, err
}

// whole looks for what the run left and is not there any more.
func (rd *reader) whole(rec *Record) {
	for _, f := range rec.Run.Files {
		switch defect, err := rd.defect(f); {
		case err != nil:
			rd.problem("%s cannot be read: %v", f.Path, err)
		case defect != nil:
			rec.Defects = append(rec.Defects, *defect)
			rd.problem("%s", defect)
		}
	}
	if len(rec.Defects) > 0 && rec.Run.Verdict != "" && rec.Results != nil {
		rd.problem(standing)
	}
	for _, kind := range rec.Kinds {
		name := path.Join(histogramsDir, kind+histogramExt)
		if rec.Defect(name) == nil && rd.torn(name) {
			rd.problem("the last line of %s was cut off while it was written and is left out", name)
		}
	}
}

// defect compares a file with what it was.
func (rd *reader) defect(f File) (*Defect, error) {
	in, err := rd.fsys.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotRegular) {
		return &Defect{File: f, Missing: true}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return &Defect{File: f, Missing: true}, nil
	case info.Size() < f.Bytes:
		return &Defect{File: f, Has: info.Size()}, nil
	case f.CRC32C == "":
		return nil, nil
	}
	sum, err := checksum(in, f.Bytes)
	if err != nil || sum == f.CRC32C {
		return nil, err
	}
	return &Defect{File: f, Has: info.Size()}, nil
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
	return err == nil && !bytes.Equal(last, []byte{'\n'})
}

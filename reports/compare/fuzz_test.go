package compare

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/flowweir/weir/reports/run"
)

// FuzzLog compares a run whose log and scenario are anything with one that is
// sound: an error or a result, in every view, and never a panic.
func FuzzLog(f *testing.F) {
	dir := f.TempDir()
	synthetic("sound", 1).write(f, filepath.Join(dir, "sound"))
	synthetic("strange", 2).write(f, filepath.Join(dir, "strange"))
	sound, err := run.Open(filepath.Join(dir, "sound"))
	if err != nil {
		f.Fatal(err)
	}
	log := filepath.Join(dir, "strange", "histograms", "publish.hlog")
	whole, err := os.ReadFile(log)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole[:min(len(whole), 9000)], []byte(`{"load": [{"producer": {"a": 1}}], "faults": {"b": [null, true]}}`))
	f.Add([]byte("Tag=steady,1.000,1.000,1.0,HISTFAAAAB542pNpmSzMwMDAxQABzFCaEUoz2X+AMIKZAEARAtM=\n"), []byte(`[]`))
	f.Add([]byte("Tag=steady,1e9,7e9,1.0,\nTag=steady,0,0,0,AAAA\n"), []byte(`{"Load": 1, "LOAD": [[]]}`))
	f.Fuzz(func(t *testing.T, content, scenario []byte) {
		for name, b := range map[string][]byte{log: content, filepath.Join(dir, "strange", "scenario.json"): scenario} {
			if err := os.WriteFile(name, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		strange, err := run.Open(filepath.Join(dir, "strange"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := Compare(records(sound), records(strange), Options{})
		if err != nil {
			return
		}
		for _, err := range []error{c.Text(nowhere{}), c.Markdown(nowhere{}), c.JSON(nowhere{})} {
			if err != nil {
				t.Error(err)
			}
		}
	})
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

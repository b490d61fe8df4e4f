package service

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestCheckProgram: what cannot be executed says what was looked for and
// where; what can be is no error.
func TestCheckProgram(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"run.exe": 0o755, "data.txt": 0o644} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	sep := string(filepath.Separator)
	for _, c := range []struct{ program, dir, want string }{
		{"run.exe", "", ""},
		{"." + sep + "run.exe", dir, ""},
		{filepath.Join(dir, "run.exe"), "", ""},
		{"nothing.exe", "", "cannot run nothing.exe: executable file not found in PATH; PATH is " + dir},
		{"." + sep + "nothing.exe", dir, "cannot run ." + sep + "nothing.exe: " + filepath.Join(dir, "nothing.exe") + ": "},
		{"." + sep + "sub", dir, "cannot run ." + sep + "sub: " + filepath.Join(dir, "sub") + ": "},
	} {
		err := CheckProgram(c.program, c.dir)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s in %q: %v", c.program, c.dir, err)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(strings.ReplaceAll(err.Error(), "%PATH%", "PATH"), c.want) {
			t.Errorf("%s in %q: %v\nwant %s", c.program, c.dir, err, c.want)
		}
	}
	if runtime.GOOS == "windows" { // which goes by the file's name
		return
	}
	for _, c := range []struct{ program, want string }{
		{"." + sep + "data.txt", "cannot run ./data.txt: " + filepath.Join(dir, "data.txt") + ": permission denied"},
		{"." + sep + "sub", "cannot run ./sub: " + filepath.Join(dir, "sub") + ": is a directory"},
	} {
		if err := CheckProgram(c.program, dir); err == nil || err.Error() != c.want {
			t.Errorf("%v\nwant %s", err, c.want)
		}
	}
}

// TestStartOfNoProgram: what a look at the file cannot tell, its start does.
func TestStartOfNoProgram(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"script.exe": "#!/no/such/interpreter\n", "data.exe": "neither program nor script"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := CheckProgram(file, ""); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), Config{Name: "s", Command: []string{file}}, Deps{})
		if program := (*ProgramError)(nil); !errors.As(err, &program) || program.Program != file {
			t.Errorf("%s: %v", name, err)
		}
	}
}

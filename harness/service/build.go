package service

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Build compiles the Go main package in pkgDir and returns the path of the
// binary, which lies in out. Its name is the directory's and a hash of the
// whole path: two services may both be in a directory "cmd". The package is
// built once, before the start, in the module that pkgDir belongs to: `go run`
// would put a parent between Weir and the service, and a crash must hit the
// service.
//
// A build that ctx ends leaves nothing. The error of a failed build is the
// compiler's output.
func Build(ctx context.Context, pkgDir, out string) (binary string, err error) {
	dir, err := filepath.Abs(pkgDir)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", pkgDir, err)
	}
	if info, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("build %s: %w", pkgDir, err)
	} else if !info.IsDir() {
		return "", fmt.Errorf("build %s: want the directory of a Go main package, not a file", pkgDir)
	}
	out, err = filepath.Abs(out)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", pkgDir, err)
	}
	work, err := workDir(out)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", pkgDir, err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	name, err := goTool(ctx, dir, work, "list", "-f", "{{.Name}}", ".")
	if err != nil {
		return "", fmt.Errorf("build %s: %w", pkgDir, err)
	}
	if name = strings.TrimSpace(name); name != "main" {
		return "", fmt.Errorf("build %s: it is package %s, not main: name the directory of the program", pkgDir, name)
	}
	hash := sha256.Sum256([]byte(dir))
	binary = filepath.Join(out, fmt.Sprintf("%s-%x", filepath.Base(dir), hash[:4]))
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if _, err := goTool(ctx, dir, work, "build", "-o", binary, "."); err != nil {
		return "", fmt.Errorf("build %s: %w", pkgDir, err)
	}
	return binary, nil
}

// workDir makes a directory for what the go command makes meanwhile and, where
// it is killed, leaves: beside the binary, unless the user says where.
func workDir(out string) (string, error) {
	parent := cmp.Or(os.Getenv("GOTMPDIR"), out)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, "work-")
}

// goTool runs the go command in dir, with this process's environment: unlike
// a service, the compiler needs its caches, proxies and settings. It is killed
// with the compilers that it runs, which would go on to write into work.
func goTool(ctx context.Context, dir, work string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOTMPDIR="+work)
	cmd.SysProcAttr = toolAttr()
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("go %s: %w", args[0], ctx.Err())
		}
		text := strings.TrimSpace(stderr.String())
		if text == "" {
			return "", fmt.Errorf("go %s: %w", args[0], err)
		}
		return "", fmt.Errorf("go %s: %w\n\t%s", args[0], err, strings.ReplaceAll(text, "\n", "\n\t"))
	}
	return stdout.String(), nil
}

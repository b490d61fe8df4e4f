package service

import (
	"bytes"
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
// The error of a failed build is the compiler's output.
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
	name, err := goTool(ctx, dir, "list", "-f", "{{.Name}}", ".")
	if err != nil {
		return "", fmt.Errorf("build %s: %w", pkgDir, err)
	}
	if name = strings.TrimSpace(name); name != "main" {
		return "", fmt.Errorf("build %s: it is package %s, not main: name the directory of the program", pkgDir, name)
	}
	out, err = filepath.Abs(out)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", pkgDir, err)
	}
	hash := sha256.Sum256([]byte(dir))
	binary = filepath.Join(out, fmt.Sprintf("%s-%x", filepath.Base(dir), hash[:4]))
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if _, err := goTool(ctx, dir, "build", "-o", binary, "."); err != nil {
		return "", fmt.Errorf("build %s: %w", pkgDir, err)
	}
	return binary, nil
}

// goTool runs the go command in dir, with this process's environment: unlike
// a service, the compiler needs its caches, proxies and settings.
func goTool(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
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

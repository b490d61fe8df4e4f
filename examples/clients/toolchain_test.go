package clients_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// interpreter is a Python with the clients of python/requirements.txt in an
// environment of its own.
var interpreter = sync.OnceValues(func() (string, error) {
	python, err := tool("python3", "Python 3.9 or later with venv (Debian: python3, python3-venv)")
	if err != nil {
		return "", err
	}
	version, err := output(python, "-c", "import sys; print(sys.version)")
	if err != nil {
		return "", err
	}
	dir, err := kept("python", []string{"python/requirements.txt"}, version, func(dir string) error {
		if _, err := output(python, "-m", "venv", dir); err != nil {
			return err
		}
		_, err := output(filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "-r", "python/requirements.txt")
		return err
	})
	return filepath.Join(dir, "bin", "python"), err
})

// classes is the class path of the Java service: its libraries, and itself as
// compiled now.
var classes = sync.OnceValues(func() (string, error) {
	const jdk = "a JDK, 17 or later (Debian: openjdk-17-jdk-headless)"
	mvn, err := tool("mvn", "Maven (Debian: maven)")
	if err != nil {
		return "", err
	}
	javac, err := tool("javac", jdk)
	if err != nil {
		return "", err
	}
	if _, err := tool("java", jdk); err != nil {
		return "", err
	}
	libs, err := kept("java", []string{"java/pom.xml"}, "", func(dir string) error {
		_, err := output(mvn, "-q", "-B", "-f", "java/pom.xml", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
			"-DincludeScope=runtime", "-DoutputDirectory="+dir)
		return err
	})
	if err != nil {
		return "", err
	}
	sources, err := filepath.Glob("java/src/*.java")
	if err != nil {
		return "", err
	}
	compiled := filepath.Join(scratch, "java")
	path := filepath.Join(libs, "*")
	_, err = output(javac, append([]string{"--release", "17", "-Xlint:all,-processing", "-Werror", "-cp", path, "-d", compiled}, sources...)...)
	return compiled + string(os.PathListSeparator) + path, err
})

// scratch is a directory for as long as the tests run.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "weir-clients-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// tool is a program that the tests of a language cannot do without.
func tool(name, needs string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is missing: install %s; make clients needs Java, Maven, Python and a C compiler", name, needs)
	}
	return path, nil
}

// kept is a directory of the user's cache for what was fetched: it is filled
// once for the same files and the same version of the tool.
func kept(name string, files []string, version string, fill func(dir string) error) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	fmt.Fprintln(hash, version)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		hash.Write(text)
	}
	parent := filepath.Join(cache, "weir", "clients")
	dir := filepath.Join(parent, fmt.Sprintf("%s-%x", name, hash.Sum(nil)[:6]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
	// What was interrupted must not be taken for whole.
	filling, err := os.MkdirTemp(parent, name+"-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(filling) }()
	if err := fill(filling); err != nil {
		return "", err
	}
	if err := os.Rename(filling, dir); err != nil {
		if _, there := os.Stat(dir); there != nil { // another process was faster
			return "", err
		}
	}
	return dir, nil
}

// output runs a program of the build.
func output(name string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(name), strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	return stdout.String(), nil
}

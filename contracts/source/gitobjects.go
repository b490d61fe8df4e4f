package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// maxObject bounds what one object may take of memory. No contract and no
// schema comes near it.
const maxObject = 16 << 20

// objects reads a repository's objects through one git cat-file process: a
// line with an id goes in, a line "ID KIND SIZE" and the content come out.
type objects struct {
	ctx context.Context

	mu     sync.Mutex // one question at a time
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *firstBytes
	failed error // the stream is out of step or ended: no more questions
}

func startObjects(ctx context.Context, g command) (*objects, error) {
	o := &objects{ctx: ctx, cmd: g.make(ctx, "cat-file", "--batch"), stderr: &firstBytes{}}
	o.cmd.Stderr = o.stderr
	in, err := o.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	o.in, o.out = in, bufio.NewReader(out)
	return o, o.cmd.Start()
}

// read is an object's kind (commit, tree, blob) and content.
func (o *objects) read(id string) (kind string, content []byte, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed != nil {
		return "", nil, o.failed
	}
	kind, content, err = o.ask(id)
	if err != nil && o.failed != nil && o.ctx.Err() != nil {
		o.failed = o.ctx.Err() // that is why the process ended
		return "", nil, o.failed
	}
	return kind, content, err
}

func (o *objects) ask(id string) (kind string, content []byte, err error) {
	if _, err := io.WriteString(o.in, id+"\n"); err != nil {
		return "", nil, o.fail(err)
	}
	line, err := o.out.ReadString('\n')
	if err != nil {
		return "", nil, o.fail(err)
	}
	fields := strings.Fields(line)
	if len(fields) == 2 && fields[1] == "missing" {
		return "", nil, fmt.Errorf("object %s is missing: the clone is partial or damaged; run git fsck, or git fetch --refetch if it is partial", id)
	}
	if len(fields) != 3 {
		return "", nil, o.fail(fmt.Errorf("it answers %q", line))
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return "", nil, o.fail(fmt.Errorf("it answers %q", line))
	}
	const lineBreak = 1 // after the content
	if size > maxObject {
		if _, err := io.CopyN(io.Discard, o.out, size+lineBreak); err != nil {
			return "", nil, o.fail(err)
		}
		return "", nil, fmt.Errorf("object %s has %d bytes, more than the %d that are read", id, size, maxObject)
	}
	content = make([]byte, size+lineBreak)
	if _, err := io.ReadFull(o.out, content); err != nil {
		return "", nil, o.fail(err)
	}
	return fields[1], content[:size:size], nil
}

// fail keeps the error: after it the stream cannot be trusted.
func (o *objects) fail(err error) error {
	o.failed = fmt.Errorf("git cat-file failed: %w", err)
	if said := o.stderr.String(); said != "" {
		o.failed = fmt.Errorf("git cat-file failed: %s", said)
	}
	return o.failed
}

// close ends the process, which stops when its input ends, and waits for it.
func (o *objects) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if errors.Is(o.failed, fs.ErrClosed) {
		return nil
	}
	ended := o.failed != nil
	o.failed = fmt.Errorf("the git revision is closed: %w", fs.ErrClosed)
	closing := o.in.Close()
	err := o.cmd.Wait()
	if ended || o.ctx.Err() != nil {
		return nil // whoever read has the error
	}
	return errors.Join(closing, err)
}

// firstBytes keeps the start of what is written to it. The writer is another
// goroutine than the reader.
type firstBytes struct {
	mu   sync.Mutex
	kept []byte
}

func (f *firstBytes) Write(b []byte) (int, error) {
	const most = 4 << 10
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, b[:min(len(b), most-len(f.kept))]...)
	return len(b), nil
}

func (f *firstBytes) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.TrimSpace(string(f.kept))
}

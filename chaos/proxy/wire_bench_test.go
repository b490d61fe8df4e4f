package proxy

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// BenchmarkWire is the proxy's own share, without the work of a broker or a
// client: frames to a peer that only counts, directly and through the proxy in
// turns. Both ends share the machine with it, so that half of the rate is what
// copying everything twice as often leaves; a flow, whose brokers and clients
// have work to do, keeps more: see BenchmarkThroughput.
func BenchmarkWire(b *testing.B) {
	for _, bytes := range []int{1 << 20, 16 << 10, 100} {
		b.Run(fmt.Sprintf("%d bytes", bytes), func(b *testing.B) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = ln.Close() }()
			go acknowledge(ln)
			p, err := New(Config{Bootstrap: []string{ln.Addr().String()}})
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			d, err := p.Door("")
			if err != nil {
				b.Fatal(err)
			}
			took := [2]time.Duration{}
			frames := min(2000, max(50, 8<<20/bytes))
			for b.Loop() {
				for i, address := range []string{ln.Addr().String(), d.Bootstrap()[0]} {
					took[i] += stream(b, address, frames, bytes)
				}
			}
			total := float64(frames) * float64(b.N)
			b.ReportMetric(total*float64(bytes)/took[0].Seconds()/1e6, "direct_MB/s")
			b.ReportMetric(total*float64(bytes)/took[1].Seconds()/1e6, "proxied_MB/s")
			b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
		})
	}
}

// acknowledge answers each request with a few bytes.
func acknowledge(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			in, out := bufio.NewReaderSize(conn, 64<<10), bufio.NewWriterSize(conn, 64<<10)
			for {
				head, err := in.Peek(12)
				if err != nil {
					_ = conn.Close()
					return
				}
				reply := sized(head[8:12], []byte("ok"))
				_, _ = in.Discard(4 + int(binary.BigEndian.Uint32(head)))
				_, _ = out.Write(reply)
				if in.Buffered() == 0 {
					_ = out.Flush()
				}
			}
		}()
	}
}

// stream sends requests, 5 ahead of their replies as clients do, and returns
// how long all of it took.
func stream(b *testing.B, address string, frames, bytes int) time.Duration {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	head := binary.BigEndian.AppendUint16(nil, uint16(kmsg.ListGroups))
	frame := sized(append(head, 0, 0, 0, 0, 0, 1, 0xff, 0xff), make([]byte, bytes))
	ahead := make(chan struct{}, 5)
	begin := time.Now()
	go func() {
		for range frames {
			ahead <- struct{}{}
			if _, err := conn.Write(frame); err != nil {
				return
			}
		}
	}()
	in, reply := bufio.NewReader(conn), make([]byte, 10)
	for range frames {
		if _, err := io.ReadFull(in, reply); err != nil {
			b.Fatal(err)
		}
		<-ahead
	}
	return time.Since(begin)
}

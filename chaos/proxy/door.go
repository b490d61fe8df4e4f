package proxy

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

// unknownID is the id of a broker of which only an address is known.
const unknownID = int32(-1)

// mostBrokers bounds how many brokers a proxy stands in front of: more than
// that is no cluster but a reply that was misread.
const mostBrokers = 2000

// broker is one broker behind the proxy.
type broker struct {
	id      atomic.Int32
	address atomic.Pointer[string] // where it is; changes when it comes back elsewhere
}

func (b *broker) String() string {
	if id := b.id.Load(); id != unknownID {
		return fmt.Sprintf("broker %d", id)
	}
	return "the broker at " + *b.address.Load()
}

func splitAddress(address string) (host string, port int32, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("%q is no host:port", address)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 || host == "" {
		return "", 0, fmt.Errorf("%q is no host:port", address)
	}
	return host, int32(n), nil
}

// learn returns the broker with that id or, where it is new, that address. A
// broker that comes back at another address keeps its listeners.
func (p *Proxy) learn(id int32, host string, port int32) (*broker, error) {
	address := net.JoinHostPort(host, strconv.Itoa(int(port)))
	p.mu.Lock()
	defer p.mu.Unlock()
	if b := p.byID[id]; id != unknownID && b != nil {
		if *b.address.Load() != address {
			b.address.Store(&address)
			p.byAddress[address] = b
		}
		return b, nil
	}
	if b := p.byAddress[address]; b != nil {
		switch b.id.Load() {
		case id:
			return b, nil
		case unknownID:
			b.id.Store(id)
			p.byID[id] = b
			return b, nil
		}
		if id == unknownID {
			return b, nil
		}
		// Another broker lives there now.
	}
	if len(p.byAddress) >= mostBrokers {
		return nil, fmt.Errorf("proxy: more than %d addresses of brokers", mostBrokers)
	}
	b := &broker{}
	b.id.Store(id)
	b.address.Store(&address)
	p.byAddress[address] = b
	if id != unknownID {
		p.byID[id] = b
	}
	return b, nil
}

// Door is one entrance of a proxy: a listener for each broker, on an address
// of this machine.
type Door struct {
	p         *Proxy
	name      string
	host      string
	endpoints map[*broker]*endpoint // guarded by p.mu
}

// endpoint is where a door leads to one broker.
type endpoint struct {
	door     *Door
	broker   *broker
	listener net.Listener
	port     int32
}

// Loopback is where the listeners of a door are unless it is told otherwise:
// what a proxy spoils stays on this machine.
const Loopback = "127.0.0.1"

// Bootstrap are the addresses at which clients start.
func (d *Door) Bootstrap() []string {
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	var addresses []string
	for _, b := range d.p.bootstrap {
		if e := d.endpoints[b]; e != nil {
			addresses = append(addresses, net.JoinHostPort(d.host, strconv.Itoa(int(e.port))))
		}
	}
	return addresses
}

// endpoint returns the listener for a broker, and makes it the first time.
func (d *Door) endpoint(b *broker) (*endpoint, error) {
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	if e := d.endpoints[b]; e != nil {
		return e, nil
	}
	if d.p.closed {
		return nil, net.ErrClosed
	}
	var config net.ListenConfig
	ln, err := config.Listen(d.p.ctx, "tcp", net.JoinHostPort(d.host, "0"))
	if err != nil {
		return nil, fmt.Errorf("proxy: listen for %s: %w", b, err)
	}
	e := &endpoint{door: d, broker: b, listener: ln, port: int32(ln.Addr().(*net.TCPAddr).Port)}
	d.endpoints[b] = e
	d.p.running.Go(e.accept)
	return e, nil
}

const acceptPause = 10 * time.Millisecond

func (e *endpoint) accept() {
	p := e.door.p
	for {
		tcp, err := e.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no file descriptors left
			time.Sleep(acceptPause)
			continue
		}
		c := newConn(e, tcp.(*net.TCPConn))
		if !p.enter(c) {
			_ = tcp.Close()
			return
		}
		p.running.Go(c.serve)
	}
}

// redirect replaces a broker's address by the door's own.
func (d *Door) redirect(id int32, hostname *string, port *int32) (changed bool, err error) {
	if *hostname == "" || *port <= 0 || id < 0 {
		return false, nil // an error's place holder
	}
	b, err := d.p.learn(id, *hostname, *port)
	if err != nil {
		return false, err
	}
	e, err := d.endpoint(b)
	if err != nil {
		return false, err
	}
	*hostname, *port = d.host, e.port
	return true, nil
}

package docker

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/flowweir/weir/harness/cluster"
)

// The networks of a cluster, in the order of their subnets.
const (
	netServices = iota
	netReplication
	netController
	netCount
)

var netNames = [netCount]string{"svc", "repl", "ctl"}

// networks are a cluster's networks. Each is a quarter of one address pool,
// of which engines have few.
type networks struct {
	ids     [netCount]string
	names   [netCount]string
	subnets [netCount]netip.Prefix
}

// nodeBits is log2 of the addresses that the lower half of a subnet must
// have: pinned addresses of nodes. The upper half is for the engine.
const nodeBits = 5

// firstNode is the host part of node 0's address; the gateway is 1.
const firstNode = 2

// maxNodes is how many nodes a subnet has pinned addresses for.
const maxNodes = 1<<nodeBits - firstNode

// node is the pinned address of a node on a network.
func (n *networks) node(net int, id int32) netip.Addr {
	return offset(n.subnets[net].Addr(), uint32(firstNode+id))
}

// endpoint is a node's place on a network: its name there and its address.
func (n *networks) endpoint(net int, of *node) *network.EndpointSettings {
	return &network.EndpointSettings{
		NetworkID:  n.ids[net],
		Aliases:    []string{of.name},
		IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: n.node(net, of.id)},
	}
}

// joinNetwork puts a node on a network, at its address.
func (e *engine) joinNetwork(ctx context.Context, nets *networks, net int, n *node) error {
	if _, err := e.NetworkConnect(ctx, nets.ids[net], client.NetworkConnectOptions{Container: n.container, EndpointConfig: nets.endpoint(net, n)}); err != nil {
		return fmt.Errorf("connect to network %s: %w", nets.names[net], err)
	}
	return nil
}

// leaveNetwork takes a node off a network. Connections over it fall silent.
func (e *engine) leaveNetwork(ctx context.Context, nets *networks, net int, n *node) error {
	if _, err := e.NetworkDisconnect(ctx, nets.ids[net], client.NetworkDisconnectOptions{Container: n.container}); err != nil {
		return fmt.Errorf("disconnect from network %s: %w", nets.names[net], err)
	}
	return nil
}

// onNetwork says whether a node is on a network.
func (e *engine) onNetwork(ctx context.Context, nets *networks, net int, n *node) (bool, error) {
	inspected, err := e.ContainerInspect(ctx, n.container, client.ContainerInspectOptions{})
	if err != nil {
		return false, err
	}
	if s := inspected.Container.NetworkSettings; s != nil {
		return s.Networks[nets.names[net]] != nil, nil
	}
	return false, nil
}

// gateway is the engine's own address on the services' network.
func (n *networks) gateway() netip.Addr { return offset(n.subnets[netServices].Addr(), 1) }

// gatewayOf is the engine's own address on a network that anybody made. The
// engine does not tell it of its default bridge, where it is the first one.
func gatewayOf(ipam network.IPAM) netip.Addr {
	for _, config := range ipam.Config {
		switch {
		case config.Gateway.Is4():
			return config.Gateway
		case config.Subnet.Addr().Is4():
			return offset(config.Subnet.Masked().Addr(), 1)
		}
	}
	return netip.Addr{}
}

// offset returns the address by n behind addr, which is IPv4.
func offset(addr netip.Addr, n uint32) netip.Addr {
	b := addr.As4()
	v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	v += n
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// networkAttempts bounds retries when another process takes the address pool
// between its choice and its use.
const networkAttempts = 8

// createNetworks makes the three networks. Pinned addresses need subnets that
// are named, and only the engine knows which are free: it is asked for a
// network, whose subnet is then divided.
func (e *engine) createNetworks(ctx context.Context, own owner) (*networks, error) {
	var err error
	for range networkAttempts {
		var pool netip.Prefix
		if pool, err = e.freePool(ctx, own); err != nil {
			break
		}
		var n *networks
		if n, err = e.divide(ctx, own, pool); err == nil {
			return n, nil
		}
		if !strings.Contains(err.Error(), "overlaps") {
			break
		}
	}
	return nil, fmt.Errorf("%w: create networks: %w", cluster.ErrUnavailable, err)
}

// freePool is an address pool that the engine would give to a network.
func (e *engine) freePool(ctx context.Context, own owner) (netip.Prefix, error) {
	created, err := e.NetworkCreate(making(ctx), own.name("pool-"+randomID()), client.NetworkCreateOptions{
		Driver: "bridge", Labels: own.with(roleNetwork),
	})
	if err != nil {
		return netip.Prefix{}, err
	}
	inspected, err := e.NetworkInspect(ctx, created.ID, client.NetworkInspectOptions{})
	_, removeErr := e.NetworkRemove(context.WithoutCancel(ctx), created.ID, client.NetworkRemoveOptions{})
	if err = errors.Join(err, removeErr); err != nil {
		return netip.Prefix{}, err
	}
	for _, config := range inspected.Network.IPAM.Config {
		if config.Subnet.Addr().Is4() {
			return config.Subnet, nil
		}
	}
	return netip.Prefix{}, errors.New("the engine gives networks no IPv4 addresses")
}

func (e *engine) divide(ctx context.Context, own owner, pool netip.Prefix) (n *networks, err error) {
	subnets, err := quarters(pool)
	if err != nil {
		return nil, err
	}
	n = &networks{subnets: subnets}
	defer func() {
		if err != nil {
			_ = e.removeNetworks(context.WithoutCancel(ctx), n.ids[:])
		}
	}()
	for i := range n.ids {
		n.names[i] = own.name(netNames[i])
		subnet := n.subnets[i]
		created, err := e.NetworkCreate(making(ctx), n.names[i], client.NetworkCreateOptions{
			Driver: "bridge",
			// Without a way out these networks take no part in published
			// ports: a node that is cut off from one keeps its HOST port.
			Internal: i != netServices,
			Labels:   own.with(roleNetwork),
			IPAM: &network.IPAM{Config: []network.IPAMConfig{{
				Subnet:  subnet,
				Gateway: offset(subnet.Addr(), 1),
				IPRange: upperHalf(subnet),
			}}},
		})
		if err != nil {
			return n, fmt.Errorf("network %s on %s: %w", n.names[i], subnet, err)
		}
		n.ids[i] = created.ID
	}
	return n, nil
}

// quarters are the first subnets of pool, each a quarter of it but at most
// 256 addresses.
func quarters(pool netip.Prefix) (subnets [netCount]netip.Prefix, err error) {
	bits := max(pool.Bits()+2, 24)
	if bits > 32-(nodeBits+1) {
		return subnets, fmt.Errorf("the engine's address pool %s is too small: give its default-address-pools a size of %d or less", pool, 32-(nodeBits+1)-2)
	}
	for i := range subnets {
		subnets[i] = netip.PrefixFrom(offset(pool.Masked().Addr(), uint32(i)<<(32-bits)), bits)
	}
	return subnets, nil
}

func upperHalf(p netip.Prefix) netip.Prefix {
	bits := p.Bits() + 1
	return netip.PrefixFrom(offset(p.Addr(), 1<<(32-bits)), bits)
}

func (e *engine) removeNetworks(ctx context.Context, ids []string) error {
	var errs []error
	for _, id := range ids {
		if id == "" {
			continue
		}
		if _, err := e.NetworkRemove(ctx, id, client.NetworkRemoveOptions{}); ignoreGone(err) != nil {
			errs = append(errs, fmt.Errorf("remove network %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

package proxy

import (
	"encoding/binary"
	"fmt"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// rewritten says whether a reply can have something to replace.
func rewritten(key, version int16) bool {
	switch kmsg.Key(key) {
	case kmsg.Metadata, kmsg.FindCoordinator, kmsg.DescribeCluster, kmsg.ApiVersions, kmsg.ShareFetch, kmsg.ShareAcknowledge:
		return true
	case kmsg.Produce: // the leaders' endpoints since KIP-951
		return version >= 10
	case kmsg.Fetch:
		return version >= 16
	}
	return false
}

// rewrite replaces what a reply's frame has to have replaced. The frame itself
// is returned where that is nothing.
func (d *Door) rewrite(key, version int16, data []byte) ([]byte, error) {
	resp := kmsg.ResponseForKey(key)
	resp.SetVersion(version)
	head := 8 // length and correlation id
	if resp.IsFlexible() && key != int16(kmsg.ApiVersions) {
		b := kbin.Reader{Src: data[head:]}
		kmsg.SkipTags(&b)
		if !b.Ok() {
			return nil, unreadable(key, version)
		}
		head = len(data) - len(b.Src)
	}
	body := data[head:]
	if key == int16(kmsg.ApiVersions) && len(body) >= 2 && int16(binary.BigEndian.Uint16(body)) == kerr.UnsupportedVersion.Code {
		resp.SetVersion(0) // as KIP-511 has it
	}
	// Nothing is copied: what is decoded does not outlive the frame.
	if err := resp.(kmsg.UnsafeReadFrom).UnsafeReadFrom(body); err != nil {
		return nil, unreadable(key, version)
	}
	changed, err := d.replace(resp)
	if err != nil {
		return nil, refusal(err.Error())
	}
	if !changed {
		return data, nil
	}
	out := append(make([]byte, 0, len(data)+256), data[:head]...)
	out = resp.AppendTo(out)
	binary.BigEndian.PutUint32(out, uint32(len(out)-4))
	return out, nil
}

func unreadable(key, version int16) error {
	return refusal(fmt.Sprintf("the reply to %s of version %d cannot be read", kmsg.NameForKey(key), version))
}

// replace replaces the addresses and versions in a reply.
func (d *Door) replace(resp kmsg.Response) (changed bool, err error) {
	redirect := func(id int32, hostname *string, port *int32) {
		var one bool
		if err == nil {
			one, err = d.redirect(id, hostname, port)
			changed = changed || one
		}
	}
	switch r := resp.(type) {
	case *kmsg.ApiVersionsResponse:
		return capVersions(r), nil
	case *kmsg.MetadataResponse:
		for i := range r.Brokers {
			b := &r.Brokers[i]
			redirect(b.NodeID, &b.Host, &b.Port)
		}
	case *kmsg.FindCoordinatorResponse:
		redirect(r.NodeID, &r.Host, &r.Port)
		for i := range r.Coordinators {
			b := &r.Coordinators[i]
			redirect(b.NodeID, &b.Host, &b.Port)
		}
	case *kmsg.DescribeClusterResponse:
		if r.Version >= 1 && r.EndpointType == controllers {
			return false, nil
		}
		for i := range r.Brokers {
			b := &r.Brokers[i]
			redirect(b.NodeID, &b.Host, &b.Port)
		}
	case *kmsg.ProduceResponse:
		for i := range r.Brokers {
			b := &r.Brokers[i]
			redirect(b.NodeID, &b.Host, &b.Port)
		}
	case *kmsg.FetchResponse:
		for i := range r.Brokers {
			b := &r.Brokers[i]
			redirect(b.NodeID, &b.Host, &b.Port)
		}
	case *kmsg.ShareFetchResponse:
		for i := range r.NodeEndpoints {
			b := &r.NodeEndpoints[i]
			redirect(b.NodeID, &b.Host, &b.Port)
		}
	case *kmsg.ShareAcknowledgeResponse:
		for i := range r.NodeEndpoints {
			b := &r.NodeEndpoints[i]
			redirect(b.NodeID, &b.Host, &b.Port)
		}
	}
	return changed, err
}

// controllers is the type of endpoints that are no brokers of clients.
const controllers = 2

// capVersions leaves the requests and versions that the proxy knows: others
// could have addresses in their replies.
func capVersions(r *kmsg.ApiVersionsResponse) (changed bool) {
	kept := r.ApiKeys[:0]
	for _, k := range r.ApiKeys {
		known := kmsg.RequestForKey(k.ApiKey)
		if known == nil || k.MinVersion > known.MaxVersion() {
			changed = true
			continue
		}
		if most := known.MaxVersion(); k.MaxVersion > most {
			k.MaxVersion, changed = most, true
		}
		if k.ApiKey == int16(kmsg.SASLHandshake) && k.MinVersion == 0 && k.MaxVersion > 0 {
			k.MinVersion, changed = 1, true // see known
		}
		kept = append(kept, k)
	}
	r.ApiKeys = kept
	return changed
}

// unsupportedVersion is a broker's answer to a client that asks for versions
// in a form that it does not know.
func unsupportedVersion() *kmsg.ApiVersionsResponse {
	resp := kmsg.NewPtrApiVersionsResponse()
	resp.ErrorCode = kerr.UnsupportedVersion.Code
	k := kmsg.NewApiVersionsResponseApiKey()
	k.ApiKey, k.MaxVersion = int16(kmsg.ApiVersions), kmsg.NewPtrApiVersionsRequest().MaxVersion()
	resp.ApiKeys = append(resp.ApiKeys, k)
	return resp
}

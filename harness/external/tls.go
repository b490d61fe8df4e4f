package external

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// tlsConfig is what the ssl.* settings say; nil where the protocol has no
// TLS.
func (c *config) tlsConfig(protocol string) (*tls.Config, error) {
	if !strings.HasSuffix(protocol, "SSL") {
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if err := errors.Join(c.versions(out), c.trust(out), c.identity(out)); err != nil {
		return nil, err
	}
	switch algorithm := c.get(keyEndpoint, "https"); strings.ToLower(algorithm) {
	case "https":
	case "":
		// The chain is still verified, as Kafka does; the name is not.
		out.InsecureSkipVerify = true
		roots := out.RootCAs
		out.VerifyConnection = func(state tls.ConnectionState) error { return verifyChain(state, roots) }
	default:
		return nil, c.bad(keyEndpoint, "%q is neither https nor empty", algorithm)
	}
	return out, nil
}

func verifyChain(state tls.ConnectionState, roots *x509.CertPool) error {
	intermediates := x509.NewCertPool()
	for _, certificate := range state.PeerCertificates[1:] {
		intermediates.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates})
	return err
}

// versions honors ssl.enabled.protocols, and ssl.protocol as its highest.
func (c *config) versions(out *tls.Config) error {
	numbers := map[string]uint16{"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}
	if c.has(keyTLSVersions) {
		out.MinVersion = 0
		for _, name := range strings.Split(c.get(keyTLSVersions, ""), ",") {
			n, known := numbers[strings.TrimSpace(name)]
			if !known {
				return c.bad(keyTLSVersions, "%q is neither TLSv1.2 nor TLSv1.3", name)
			}
			if out.MinVersion == 0 || n < out.MinVersion {
				out.MinVersion = n
			}
			out.MaxVersion = max(out.MaxVersion, n)
		}
	}
	if c.has(keyTLSProtocol) {
		name := c.get(keyTLSProtocol, "")
		n, known := numbers[name]
		if !known {
			return c.bad(keyTLSProtocol, "%q is neither TLSv1.2 nor TLSv1.3", name)
		}
		if n < out.MinVersion {
			return c.bad(keyTLSProtocol, "%s is not among %s", name, keyTLSVersions)
		}
		out.MaxVersion = n
	}
	return nil
}

// trust sets the certificates of authorities; the system's where none are
// given.
func (c *config) trust(out *tls.Config) error {
	key, text, err := c.store(keyTrustFile, keyTrustType, keyTrustPEM)
	if err != nil || key == "" {
		return err
	}
	if c.has(keyTrustPassword) {
		return c.bad(keyTrustPassword, "PEM certificates have no password: remove it")
	}
	out.RootCAs = x509.NewCertPool()
	count := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return c.bad(key, "certificate %d: %w", count+1, err)
		}
		out.RootCAs.AddCert(certificate)
		count++
	}
	if count == 0 {
		return c.bad(key, "there is no PEM certificate in it")
	}
	return nil
}

// identity sets the client's own certificate, where there is one.
func (c *config) identity(out *tls.Config) error {
	if c.has(keyStoreChain) != c.has(keyStoreKey) {
		return c.bad(keyStoreKey, "%s and %s belong together: set both", keyStoreKey, keyStoreChain)
	}
	key, text, err := c.store(keyStoreFile, keyStoreType, keyStoreKey)
	if err != nil {
		return err
	}
	if key == "" {
		for _, password := range []string{keyKeyPassword, keyStorePassword} {
			if c.has(password) {
				return c.bad(password, "there is no keystore for it: set %s", keyStoreFile)
			}
		}
		return nil
	}
	if c.has(keyStorePassword) {
		return c.bad(keyStorePassword, "PEM keystores have none; the password of the private key is %s", keyKeyPassword)
	}
	if key == keyStoreKey {
		text = append(append(text, '\n'), c.get(keyStoreChain, "")...)
	}
	certificate, err := keyPair(text, []byte(c.get(keyKeyPassword, "")))
	if err != nil {
		return c.bad(key, "%w", err)
	}
	out.Certificates = []tls.Certificate{certificate}
	return nil
}

// store reads the PEM text of a trust or key store, and the setting that it
// came from: "" where neither is set. Java's binary formats are refused with
// the way out.
func (c *config) store(fileKey, typeKey, inlineKey string) (key string, text []byte, err error) {
	kind := strings.ToUpper(c.get(typeKey, "JKS"))
	switch {
	case c.has(fileKey) && c.has(inlineKey):
		return "", nil, c.bad(inlineKey, "%s is set too: remove one", fileKey)
	case c.has(inlineKey):
		if kind != "PEM" {
			return "", nil, c.bad(inlineKey, "needs %s=PEM", typeKey)
		}
		return inlineKey, []byte(c.get(inlineKey, "")), nil
	case !c.has(fileKey):
		return "", nil, nil
	}
	name := c.get(fileKey, "")
	text, err = os.ReadFile(name)
	if err != nil {
		// Kafka resolves it so too.
		absolute, _ := filepath.Abs(name)
		return "", nil, c.bad(fileKey, "%w (a relative name is looked up in the working directory: %s)", errors.Unwrap(err), absolute)
	}
	switch kind {
	case "PEM":
		return fileKey, text, nil
	case "JKS", "PKCS12":
	default:
		return "", nil, c.bad(typeKey, "%q is none of PEM, PKCS12, JKS", kind)
	}
	if bytes.Contains(text, []byte("-----BEGIN ")) {
		return "", nil, c.bad(fileKey, "the file is PEM, and Kafka takes it for %s: set %s=PEM", kind, typeKey)
	}
	return "", nil, c.bad(fileKey, "%s stores are not supported: convert it with %s, then set %s to that file and %s=PEM", kind, conversion(kind, name, typeKey == keyTrustType), fileKey, typeKey)
}

// conversion is the command that makes a PEM file of a store.
func conversion(kind, name string, trust bool) string {
	only := ""
	if trust {
		only = " -nokeys"
	}
	if kind == "PKCS12" {
		return fmt.Sprintf("\"openssl pkcs12 -in %s%s -nodes -out store.pem\"", name, only)
	}
	return fmt.Sprintf("\"keytool -importkeystore -srckeystore %s -destkeystore store.p12 -deststoretype PKCS12\" and \"openssl pkcs12 -in store.p12%s -nodes -out store.pem\"", name, only)
}

// keyPair finds the certificates and the private key in PEM text.
func keyPair(text, password []byte) (tls.Certificate, error) {
	var chain, key []byte
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch {
		case block.Type == "CERTIFICATE":
			chain = append(chain, pem.EncodeToMemory(block)...)
		case !strings.HasSuffix(block.Type, "PRIVATE KEY"):
		case key != nil:
			return tls.Certificate{}, errors.New("there is more than one private key in it")
		case block.Type == "ENCRYPTED PRIVATE KEY":
			if len(password) == 0 {
				return tls.Certificate{}, fmt.Errorf("the private key is encrypted: set %s", keyKeyPassword)
			}
			der, err := decryptPKCS8(block.Bytes, password)
			if err != nil {
				return tls.Certificate{}, err
			}
			key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		case block.Headers["DEK-Info"] != "":
			return tls.Certificate{}, errors.New("the private key is encrypted in a form that Kafka does not read either: convert it with \"openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEW\"")
		default:
			key = pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes})
		}
	}
	switch {
	case key == nil:
		return tls.Certificate{}, errors.New("there is no PEM private key in it")
	case chain == nil:
		return tls.Certificate{}, errors.New("there is no PEM certificate in it")
	}
	return tls.X509KeyPair(chain, key)
}

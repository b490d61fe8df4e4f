package external

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

// Encrypted private keys, PKCS #8 with PBES2 (RFC 5958, RFC 8018): what
// Kafka reads with ssl.key.password, and the standard library does not.

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// maxIterations bounds the work that a file can ask for.
const maxIterations = 2_000_000

// prfs are the pseudo-random functions of PBKDF2.
var prfs = map[string]func() hash.Hash{
	"":                    sha1.New, // the default of the encoding
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
}

// aesCBC are the key lengths of the ciphers, in bytes.
var aesCBC = map[string]int{
	"2.16.840.1.101.3.4.1.2":  16,
	"2.16.840.1.101.3.4.1.22": 24,
	"2.16.840.1.101.3.4.1.42": 32,
}

var errWrongPassword = errors.New("the private key cannot be decrypted: is " + keyKeyPassword + " right?")

// decryptPKCS8 answers the PrivateKeyInfo inside of an EncryptedPrivateKeyInfo.
func decryptPKCS8(der, password []byte) ([]byte, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 {
		return nil, errors.New("the encrypted private key is damaged")
	}
	if !info.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, fmt.Errorf("the private key is encrypted with an old scheme (%s): convert it with \"openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEW\"", info.Algorithm.Algorithm)
	}
	var scheme struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	if _, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &scheme); err != nil {
		return nil, errors.New("the encrypted private key is damaged")
	}
	keyLength, known := aesCBC[scheme.Cipher.Algorithm.String()]
	if !known {
		return nil, fmt.Errorf("the private key's cipher %s is not supported: AES-CBC is", scheme.Cipher.Algorithm)
	}
	var iv []byte
	if _, err := asn1.Unmarshal(scheme.Cipher.Parameters.FullBytes, &iv); err != nil || len(iv) != aes.BlockSize {
		return nil, errors.New("the encrypted private key is damaged")
	}
	key, err := deriveKey(scheme.KDF, password, keyLength)
	if err != nil {
		return nil, err
	}
	return decryptCBC(key, iv, info.Data)
}

func deriveKey(kdf pkix.AlgorithmIdentifier, password []byte, length int) ([]byte, error) {
	if !kdf.Algorithm.Equal(oidPBKDF2) {
		return nil, fmt.Errorf("the private key's derivation %s is not supported: PBKDF2 is", kdf.Algorithm)
	}
	var params struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(kdf.Parameters.FullBytes, &params); err != nil {
		return nil, errors.New("the encrypted private key is damaged")
	}
	prf, known := prfs[params.PRF.Algorithm.String()]
	if !known {
		return nil, fmt.Errorf("the private key's derivation uses %s, which is not supported: HMAC with SHA-1 or SHA-2 is", params.PRF.Algorithm)
	}
	if params.Iterations < 1 || params.Iterations > maxIterations {
		return nil, fmt.Errorf("the private key's derivation takes %d rounds: at most %d are supported", params.Iterations, maxIterations)
	}
	return pbkdf2.Key(prf, string(password), params.Salt, params.Iterations, length)
}

func decryptCBC(key, iv, data []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errors.New("the encrypted private key is damaged")
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, data)
	padding := int(out[len(out)-1])
	if padding == 0 || padding > aes.BlockSize {
		return nil, errWrongPassword
	}
	for _, b := range out[len(out)-padding:] {
		if int(b) != padding {
			return nil, errWrongPassword
		}
	}
	out = out[:len(out)-padding]
	// One wrong password in 256 pads well by chance.
	var sequence asn1.RawValue
	if _, err := asn1.Unmarshal(out, &sequence); err != nil || sequence.Tag != asn1.TagSequence {
		return nil, errWrongPassword
	}
	return out, nil
}

package asyncapi

import "github.com/flowweir/weir/contracts"

// EncodeContract is the file of a contract, for tests from outside.
func EncodeContract(c *contracts.Contract) []byte { return toYAML(encodeContract(c)) }

package asyncapi

import (
	"path/filepath"

	"github.com/flowweir/weir/contracts/internal/atomicfile"
)

// WriteFile writes a document of Export to a slash-separated path. Who reads
// the file at the same moment sees the old content or the new one; after an
// error the old one is still there.
func WriteFile(name string, document []byte) error {
	return atomicfile.Write(filepath.FromSlash(name), document)
}

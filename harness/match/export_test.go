package match

import "time"

// SetEndTimeout shortens endTimeout for a test.
func SetEndTimeout(cleanup func(...any), d time.Duration) {
	old := endTimeout
	cleanup(func() { endTimeout = old })
	endTimeout = d
}

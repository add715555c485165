package notifying

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"handover/internal/emulator/wire"
)

// contentID stands for a message in the place of a deduplication id. Source: SNS developer guide, fifo-message-dedup.
func contentID(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// sequence writes a number in the form of a sequence number: 20 digits.
func sequence(n string) string { return "1" + strings.Repeat("0", 19-len(n)) + n }

// refusalOf is an error that goes to the client; nil where there is none.
func refusalOf(err error) *wire.Error {
	var why *wire.Error
	if errors.As(err, &why) {
		return why
	}
	return nil
}

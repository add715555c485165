package notifying

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// contentID stands for a message in the place of a deduplication id. Source: SNS developer guide, fifo-message-dedup.
func contentID(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// sequence writes a number in the form of a sequence number: 20 digits.
func sequence(n string) string { return "1" + strings.Repeat("0", 19-len(n)) + n }

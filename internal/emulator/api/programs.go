package api

// Programs are those that the operator lets functions be of. Nothing else is ever run.
type Programs interface {
	// Named finds the program that an S3 key names. The error is for people.
	Named(key string) (Program, error)
	// Uploaded finds the program that a zip has.
	Uploaded(zip []byte) (Program, error)
}

// Program is one that functions may be of.
type Program struct {
	Name   string
	Size   int64  // bytes
	SHA256 string // in base64, as Lambda shows it
}

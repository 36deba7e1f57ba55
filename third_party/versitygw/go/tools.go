//go:build tools

// Names the command, so that go.sum pins all that it is built from.
package tools

import _ "github.com/versity/versitygw/cmd/versitygw"

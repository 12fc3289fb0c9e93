// Package codec decodes single coded pictures, those inside of HEIC and AVIF files: [HEVC] with libheif and libde265, [AV1] with
// dav1d. The decoders are WebAssembly modules that run inside of the program: they reach nothing but memory of their own, which is
// bounded, and a crash of theirs is an error. So is work that the size of a picture does not explain: see [ErrEndless].
//
// While a module works on a picture nothing interrupts it, and the garbage collector waits for it: some ten milliseconds for a tile
// of a phone's photo, seconds for a large picture that is coded in one piece.
//
// The modules come from the Go module github.com/gen2brain/heic and the npm package dav1d.js, whose Go and JavaScript code is not
// used. They are embedded as they are: to use another build of the LGPL libraries libheif and libde265, put it in the place of
// data/heif.wasm.gz and build the program again. See [Credits].
package codec

import (
	_ "embed"
	"image"
)

//go:generate go run ./collect ../../../node_modules data

// The folder data is not in the repository: "make deps" makes it, or "go generate" in this folder after "npm ci".
var (
	//go:embed data/heif.wasm.gz
	heifModule []byte

	//go:embed data/dav1d.wasm.gz
	dav1dModule []byte

	//go:embed data/libheif.txt
	libheifLicence string

	//go:embed data/heic.txt
	heicLicence string
)

// A Picture is what a decoder gives.
type Picture struct {
	// Image is the brightness and colours as coded, cut to eight bits: an *image.YCbCr or an *image.Gray. What the numbers mean
	// is up to Colours: they need not be those of JPEG, which package image has in mind.
	Image image.Image
	// Colours is what the coded picture says of its colours; the file around it may say otherwise.
	Colours Colours
}

// Colours are code points of ISO/IEC 23091-2; 2 means that nobody says.
type Colours struct {
	Primaries, Transfer, Matrix int
	Full                        bool // the range of 0 to 255; else that of video
}

// unspecified is the code point for what nobody says.
const unspecified = 2

// Credits returns whose work the decoders are, and the licences, as text of many lines.
func Credits() string {
	return `HEIC pictures are decoded by libheif and libde265 (https://github.com/strukturag), Copyright Dirk Farin and struktur AG, under
the GNU Lesser General Public License, version 3 or later, by way of the Go module github.com/gen2brain/heic, whose wrapper in C is
under the MIT licence. They are a WebAssembly module of their own inside of this program, lib/heif.wasm.gz of that Go module, which
also says how it is built from the sources.

` + heicLicence + `
` + libheifLicence + `
AVIF pictures are decoded by dav1d (https://code.videolan.org/videolan/dav1d), a WebAssembly module from the npm package dav1d.js
(CC0 1.0), under the BSD 2-clause licence:

` + dav1dLicence
}

const dav1dLicence = `Copyright (c) 2018-2019, VideoLAN and dav1d authors
All rights reserved.

Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following
conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following disclaimer in
the documentation and/or other materials provided with the distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT
LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE
COPYRIGHT OWNER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES
(INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION)
HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE)
ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
`

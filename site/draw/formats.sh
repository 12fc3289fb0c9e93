#!/bin/sh
# Writes what tools are needed for into site/data/formats: one small file of each format, out of the pictures of the sample. Run it from the
# top of the repository, after "go run ./site/draw", which writes the others. Needs Debian's imagemagick, webp, libheif-examples, libavif-bin and ffmpeg; its files are not the same bytes with
# every version of these, so they are committed and made again only on purpose.
set -eu
from=site/data to=site/data/formats
mkdir -p "$to"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# picture NAME WIDTH: a small copy without metadata, as PNG on standard output
picture() { convert "$from/$1" -auto-orient -resize "$2x" -strip png:-; }

picture journeys/alps/ridge-walk.jpg 640 | convert - -interlace JPEG -quality 78 "$to/progressive.jpg"
picture patterns/stained-glass.jpg 400 | convert - -colorspace CMYK -quality 60 "$to/printed in four inks.jpg"
convert -size 640x427 -depth 16 gradient:'#33486f-#f4b183' "$to/16 bits.png"
convert "$from/patterns/rosette.png" -resize 200x -strip "$to/transparent.png"
convert "$from/patterns/breathing.gif" -coalesce -resize 110x +dither -colors 16 -layers optimize "$to/moving.gif"
convert "$from/patterns/breathing.gif" -coalesce -resize 120x "$scratch/small.gif"
gif2webp -quiet -lossy -q 40 "$scratch/small.gif" -o "$to/moving.webp"
picture journeys/desert/dunes.jpg 640 | cwebp -quiet -q 70 -o "$to/still.webp" -- -
picture patterns/terrazzo.jpg 160 | convert - -colors 64 -type TrueColor -compress Zip "$to/compressed.tif"
picture 'journeys/alps/balloons.jpg' 150 | convert - -type TrueColor bmp3:"$to/plain.bmp"
picture journeys/coast/sunset.jpg 960 >"$scratch/sunset.png"
heif-enc -q 45 -o "$to/phone.heic" "$scratch/sunset.png"
picture journeys/alps/dawn-haze.jpg 960 >"$scratch/haze.png"
avifenc -y 420 -s 4 --min 24 --max 34 "$scratch/haze.png" "$to/web.avif" >/dev/null

clip="-map_metadata -1 -fflags +bitexact"
ffmpeg -v error -y -ss 0.5 -t 1.5 -i "$from/journeys/coast/waves.mp4" $clip -vf scale=320:-2 -c:v libx264 -crf 30 -flags:v +bitexact -pix_fmt yuv420p -movflags +faststart "$to/clip.mp4"
ffmpeg -v error -y -t 1.2 -i "$from/journeys/coast/waves.mp4" $clip -vf scale=-2:320,crop=200:320 -c:v libx264 -crf 31 -flags:v +bitexact -pix_fmt yuv420p "$to/upright.mov"
ffmpeg -v error -y -i "$from/near home/chime.wav" $clip -c:a libmp3lame -b:a 48k -flags:a +bitexact -id3v2_version 0 "$to/chime.mp3"
ffmpeg -v error -y -i "$from/near home/chime.wav" $clip -t 1.4 -ar 8000 -c:a pcm_u8 -flags:a +bitexact "$to/chime.wav"

//! Images that others give us, before they go anywhere near a document.

use std::io::Cursor;

use domain::{Language, Refusal};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder};

/// Bytes of an image at most.
pub const BYTES_MAX: usize = 1024 * 1024;
/// Pixels of an image at most.
pub const PIXELS_MAX: u64 = 4_000_000;
/// Memory for taking an image apart: four bytes for each pixel and room for the decoder.
const MEMORY_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of an image at most once it is packed again, for every document carries them.
const PACKED_MAX: usize = 2 * BYTES_MAX;
const JPEG_QUALITY: u8 = 90;

/// A picture that was taken apart and put together again: nothing that its sender hid in it is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    bytes: Vec<u8>,
    kind: ImageKind,
    width: u32,
    height: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    Png,
    Jpeg,
}

impl ImageKind {
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// Why an image is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoError {
    /// Neither PNG nor JPEG by what it holds, whatever it is called.
    UnknownFormat,
    TooManyBytes {
        max: usize,
    },
    TooManyPixels {
        max: u64,
    },
    /// It begins as an image and does not go on as one.
    Broken,
}

impl std::fmt::Display for LogoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Language::English))
    }
}

impl std::error::Error for LogoError {}

impl Refusal for LogoError {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownFormat => "IMAGE_FORMAT_UNKNOWN",
            Self::TooManyBytes { .. } => "IMAGE_TOO_LARGE",
            Self::TooManyPixels { .. } => "IMAGE_TOO_MANY_PIXELS",
            Self::Broken => "IMAGE_BROKEN",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("file")
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::UnknownFormat => {
                language.choose("The image is neither PNG nor JPEG.", "L'image n'est ni PNG ni JPEG.")
            }
            Self::TooManyBytes { max } => {
                let kilobytes = max / 1024;
                language.choose(
                    format!("The image has more than {kilobytes} kB."),
                    format!("L'image dépasse {kilobytes} ko."),
                )
            }
            Self::TooManyPixels { max } => {
                let millions = max / 1_000_000;
                language.choose(
                    format!("The image has more than {millions} million pixels."),
                    format!("L'image dépasse {millions} millions de pixels."),
                )
            }
            Self::Broken => language.choose(
                "The image cannot be read to its end.",
                "L'image ne peut être lue jusqu'au bout.",
            ),
        }
    }
}

/// Looks at what the bytes are, refuses what is too large by its header before any pixel is unpacked, unpacks it and packs
/// it again. The same bytes give the same logo.
pub fn checked(bytes: &[u8]) -> Result<Logo, LogoError> {
    if bytes.len() > BYTES_MAX {
        return Err(LogoError::TooManyBytes { max: BYTES_MAX });
    }
    let (decoder, kind) = opened(bytes)?;
    let (width, height) = decoder.dimensions();
    let image = DynamicImage::from_decoder(decoder).map_err(|_| LogoError::Broken)?;
    let bytes = packed(&image, kind).ok_or(LogoError::Broken)?;
    if bytes.len() > PACKED_MAX {
        return Err(LogoError::TooManyBytes { max: BYTES_MAX });
    }
    Ok(Logo {
        bytes,
        kind,
        width,
        height,
    })
}

fn opened(bytes: &[u8]) -> Result<(impl ImageDecoder, ImageKind), LogoError> {
    let (format, kind) = match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => (ImageFormat::Png, ImageKind::Png),
        [0xFF, 0xD8, 0xFF, ..] => (ImageFormat::Jpeg, ImageKind::Jpeg),
        _ => return Err(LogoError::UnknownFormat),
    };
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|_| LogoError::Broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(LogoError::TooManyPixels { max: PIXELS_MAX });
    }
    Ok((decoder, kind))
}

fn packed(image: &DynamicImage, kind: ImageKind) -> Option<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let written = match kind {
        ImageKind::Png => DynamicImage::from(image.to_rgba8()).write_to(&mut bytes, ImageFormat::Png),
        ImageKind::Jpeg => image
            .to_rgb8()
            .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)),
    };
    written.ok().map(|()| bytes.into_inner())
}

impl Logo {
    /// From what [`checked`] gave and somebody kept: looks at the header only.
    pub fn stored(bytes: Vec<u8>) -> Result<Self, LogoError> {
        let (decoder, kind) = opened(&bytes)?;
        let (width, height) = decoder.dimensions();
        drop(decoder);
        Ok(Self {
            bytes,
            kind,
            width,
            height,
        })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub const fn kind(&self) -> ImageKind {
        self.kind
    }

    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let image = RgbaImage::from_pixel(width, height, Rgba([200, 30, 30, 255]));
        DynamicImage::from(image)
            .write_to(&mut bytes, ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_png_and_a_jpeg_are_known_by_what_they_hold() {
        let logo = checked(&png(40, 20)).unwrap();
        assert_eq!((logo.kind(), logo.size()), (ImageKind::Png, (40, 20)));
        assert_eq!(checked(&png(40, 20)).unwrap(), logo);
        let jpeg = packed(&image::load_from_memory(&png(40, 20)).unwrap(), ImageKind::Jpeg).unwrap();
        assert_eq!(checked(&jpeg).unwrap().kind(), ImageKind::Jpeg);
    }

    #[test]
    fn what_only_calls_itself_an_image_is_refused() {
        for bytes in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..],
            b"GIF89a\x01\x00\x01\x00",
            b"<!doctype html>",
            b"%PDF-1.7",
            b"",
        ] {
            assert_eq!(checked(bytes), Err(LogoError::UnknownFormat));
        }
        let whole = png(40, 20);
        assert_eq!(checked(&whole[..whole.len() / 2]), Err(LogoError::Broken));
    }

    #[test]
    fn what_was_hidden_behind_the_picture_is_gone() {
        let mut bytes = png(40, 20);
        bytes.extend_from_slice(b"<script>alert(1)</script>");
        let logo = checked(&bytes).unwrap();
        assert!(!logo.bytes().windows(7).any(|window| window == b"<script"));
    }

    /// The header says 100 million pixels; nothing of them is unpacked.
    #[test]
    fn a_bomb_is_refused_by_its_header() {
        let mut bytes = png(1, 1);
        bytes[16..20].copy_from_slice(&10_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&10_000_u32.to_be_bytes());
        let mut crc = u32::MAX;
        for byte in &bytes[12..29] {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 {
                    (crc >> 1) ^ 0xEDB8_8320
                } else {
                    crc >> 1
                };
            }
        }
        bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
        assert_eq!(checked(&bytes), Err(LogoError::TooManyPixels { max: PIXELS_MAX }));
        assert_eq!(
            checked(&vec![0; BYTES_MAX + 1]),
            Err(LogoError::TooManyBytes { max: BYTES_MAX })
        );
    }
}

//! What bytes are, by how they begin.

/// First bytes that are looked at.
pub const HEAD: usize = 8 * 1024;

const ZIP: &[&[u8]] = &[b"PK\x03\x04", b"PK\x05\x06"];
const OPEN_DOCUMENT: &str = "application/vnd.oasis.opendocument.";
const OFFICE: &str = "application/vnd.openxmlformats-officedocument.";

/// Whether a file that begins so can be of this media type. `false` also for types that are not known here.
pub fn is_of_kind(head: &[u8], media_type: &str) -> bool {
    let begins = |marks: &[&[u8]]| marks.iter().any(|mark| head.starts_with(mark));
    match media_type {
        "application/pdf" => begins(&[b"%PDF-"]),
        "image/png" => begins(&[b"\x89PNG\r\n\x1a\n"]),
        "image/jpeg" => begins(&[b"\xff\xd8\xff"]),
        "image/gif" => begins(&[b"GIF87a", b"GIF89a"]),
        "image/webp" => begins(&[b"RIFF"]) && head.get(8..12) == Some(b"WEBP"),
        "application/zip" => begins(ZIP),
        // An open document names itself in its first, uncompressed entry.
        open if open.starts_with(OPEN_DOCUMENT) => {
            begins(ZIP)
                && head
                    .get(30..)
                    .is_some_and(|rest| rest.starts_with(format!("mimetype{open}").as_bytes()))
        }
        office if office.starts_with(OFFICE) => begins(ZIP),
        "text/plain" | "text/csv" => is_text(head),
        _ => false,
    }
}

/// Text of any encoding has no zero bytes, and none of these files begins like a program or a page.
fn is_text(head: &[u8]) -> bool {
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let markup = [&b"<!doctype"[..], b"<html", b"<script", b"<svg", b"<?xml"];
    let opens = |mark: &&[u8]| start.len() >= mark.len() && start[..mark.len()].eq_ignore_ascii_case(mark);
    !head.contains(&0) && !start.starts_with(b"#!") && !markup.iter().any(opens)
}

//! Bytes in and out of a folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::{fs, time::Duration};

use blobs::{BlobError, Blobs, Condition, Hash, is_of_kind};
use uuid::Uuid;

async fn kept(blobs: &Blobs, bytes: &[u8]) -> Hash {
    let name = Uuid::new_v4();
    let mut incoming = blobs.receive(name, 1_000).await.unwrap();
    for piece in bytes.chunks(3) {
        incoming.write(piece).await.unwrap();
    }
    let received = incoming.finish().await.unwrap();
    assert_eq!((received.size, &received.head[..]), (bytes.len() as u64, bytes));
    blobs.keep(name, &received.hash).await.unwrap();
    // A retry after a crash.
    blobs.keep(name, &received.hash).await.unwrap();
    received.hash
}

#[tokio::test]
async fn bytes_are_found_by_their_hash_and_removed_once() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::new(&folder.path().join("blobs"));
    let hash = kept(&blobs, b"an offer").await;
    assert_eq!(blobs.read(&hash).await.unwrap(), b"an offer");
    assert_eq!(kept(&blobs, b"an offer").await, hash);
    assert_eq!(blobs.check(&hash).await.unwrap(), Condition::Sound);
    blobs.remove(&hash).await.unwrap();
    blobs.remove(&hash).await.unwrap();
    assert_eq!(blobs.check(&hash).await.unwrap(), Condition::Missing);
    assert!(matches!(blobs.read(&hash).await, Err(BlobError::Missing)));
}

#[tokio::test]
async fn changed_bytes_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::new(folder.path());
    let hash = kept(&blobs, b"an offer").await;
    let name = hex::encode(hash);
    fs::write(folder.path().join(&name[..2]).join(&name[2..]), b"another offer").unwrap();
    assert_eq!(blobs.check(&hash).await.unwrap(), Condition::Changed);
    assert!(matches!(blobs.read(&hash).await, Err(BlobError::Changed)));
}

#[tokio::test]
async fn no_more_comes_in_than_was_announced_and_what_is_not_kept_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::new(folder.path());
    assert_eq!(blobs.clear(Duration::ZERO).await.unwrap(), 0);
    let name = Uuid::new_v4();
    let mut incoming = blobs.receive(name, 4).await.unwrap();
    incoming.write(b"four").await.unwrap();
    assert!(matches!(incoming.write(b"!").await, Err(BlobError::TooLong)));
    assert!(blobs.receive(name, 4).await.is_err(), "a name is given once");
    assert_eq!(blobs.clear(Duration::from_hours(1)).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(blobs.clear(Duration::ZERO).await.unwrap(), 1);
    assert!(matches!(blobs.keep(name, &[0; 32]).await, Err(BlobError::Missing)));
}

#[test]
fn a_file_is_what_it_begins_like() {
    let open = b"PK\x03\x04__________________________mimetypeapplication/vnd.oasis.opendocument.textPK";
    for (head, media_type, is) in [
        (&b"%PDF-1.7"[..], "application/pdf", true),
        (b"<html>", "application/pdf", false),
        (b"MZ\x90\0", "application/pdf", false),
        (b"\x89PNG\r\n\x1a\n", "image/png", true),
        (b"\xff\xd8\xff\xe0", "image/jpeg", true),
        (b"\xff\xd8\xff\xe0", "image/png", false),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp", true),
        (b"RIFF\0\0\0\0WAVE", "image/webp", false),
        (
            b"PK\x03\x04",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            true,
        ),
        (open, "application/vnd.oasis.opendocument.text", true),
        (open, "application/vnd.oasis.opendocument.spreadsheet", false),
        ("Société;Montant".as_bytes(), "text/csv", true),
        (b"\xe9t\xe9", "text/plain", true),
        (b"a\0b", "text/plain", false),
        (b"\n <HTML>", "text/plain", false),
        (b"\xef\xbb\xbf<script>", "text/csv", false),
        (b"#!/bin/sh", "text/plain", false),
        (b"\x7fELF", "application/octet-stream", false),
    ] {
        assert_eq!(
            is_of_kind(head, media_type),
            is,
            "{media_type} {}",
            String::from_utf8_lossy(head)
        );
    }
}

//! Typst, held still: fixed fonts, fixed sources, and for each document its data as files that exist in memory only.
//! Whatever else a source might ask for (a file, a package, the network, the day) is not there.

use std::{collections::HashMap, sync::Arc};

use serde::Serialize;
use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::{DocumentError, text::Coverage};

/// The sources, by the names under which they import each other.
const SOURCES: [(&str, &str); 6] = [
    (MAIN, include_str!("../templates/main.typ")),
    ("common.typ", include_str!("../templates/common.typ")),
    ("sale.typ", include_str!("../templates/sale.typ")),
    ("letter.typ", include_str!("../templates/letter.typ")),
    ("agreement.typ", include_str!("../templates/agreement.typ")),
    ("evidence.typ", include_str!("../templates/evidence.typ")),
];
const MAIN: &str = "main.typ";
/// Where a document's data lies.
const DATA: &str = "data.json";

/// The typeface of every document (SIL Open Font License, fonts/LICENSE-Inter).
const INTER: [&[u8]; 2] = [
    include_bytes!("../fonts/Inter-Regular.ttf"),
    include_bytes!("../fonts/Inter-SemiBold.ttf"),
];
/// Of the fonts that come with Typst, those for letters that Inter has not.
const FALLBACKS: [&str; 2] = ["Libertinus Serif", "DejaVu Sans Mono"];

/// Bytes of a document's data at most: some two hundred pages, which take seconds and hundreds of megabytes.
const DATA_MAX: usize = 600_000;
/// How many documents later what was remembered of one, and not used again, is forgotten. Typst remembers every piece of
/// a page: some megabytes for each.
const REMEMBERED_FOR: usize = 2;
/// Of a document of more pages, nothing is remembered.
const LONG: usize = 20;

/// Sets documents. Keeps fonts and sources ready and remembers what documents have in common; one serves all threads.
pub struct Renderer {
    shared: Arc<Shared>,
}

struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: FileId,
    data: FileId,
    sources: HashMap<FileId, Source>,
    standards: PdfStandards,
    coverage: Coverage,
}

/// A file that a document's template reads, or that it carries along.
pub(crate) struct VirtualFile {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl Renderer {
    /// Reads the fonts, once for the life of the process.
    pub fn new() -> Result<Self, DocumentError> {
        let fallbacks = typst_assets::fonts()
            .flat_map(|data| Font::iter(Bytes::new(data)))
            .filter(|font| FALLBACKS.contains(&font.info().family.as_str()));
        let fonts: Vec<Font> = INTER
            .into_iter()
            .flat_map(|data| Font::iter(Bytes::new(data)))
            .chain(fallbacks)
            .collect();
        if fonts.len() < INTER.len() {
            return Err(DocumentError::Fonts);
        }
        let sources = SOURCES
            .into_iter()
            .map(|(name, text)| file_id(name).map(|id| (id, Source::new(id, text.to_owned()))))
            .collect::<Result<_, _>>()?;
        let standards = PdfStandards::new(&[PdfStandard::A_3b])
            .map_err(|refused| DocumentError::Typesetting(refused.message().to_string()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                library: LazyHash::new(Library::default()),
                book: LazyHash::new(FontBook::from_fonts(&fonts)),
                coverage: Coverage::of(&fonts),
                fonts,
                main: file_id(MAIN)?,
                data: file_id(DATA)?,
                sources,
                standards,
            }),
        })
    }

    /// Sets one document as PDF/A-3b. The same data and files give the same bytes. `name` tells the document from every
    /// other one.
    pub(crate) fn pdf(
        &self,
        name: &str,
        data: &impl Serialize,
        files: Vec<VirtualFile>,
    ) -> Result<Vec<u8>, DocumentError> {
        let mut data = serde_json::to_value(data)?;
        self.shared.coverage.clean(&mut data);
        let data = serde_json::to_vec(&data)?;
        if data.len() > DATA_MAX {
            return Err(DocumentError::TooLong { max: DATA_MAX });
        }
        let mut virtual_files = HashMap::from([(self.shared.data, Bytes::new(data))]);
        for file in files {
            virtual_files.insert(file_id(file.name)?, Bytes::new(file.bytes));
        }
        let world = DocumentWorld {
            shared: Arc::clone(&self.shared),
            files: virtual_files,
        };
        let set = self.set(name, &world);
        let pages = set.as_ref().map_or(0, |(_, pages)| *pages);
        comemo::evict(if pages > LONG { 0 } else { REMEMBERED_FOR });
        set.map(|(pdf, _)| pdf)
    }

    /// The bytes, and how many pages they are.
    fn set(&self, name: &str, world: &DocumentWorld) -> Result<(Vec<u8>, usize), DocumentError> {
        let document: PagedDocument = typst::compile(world).output.map_err(refused)?;
        let options = PdfOptions {
            ident: Smart::Custom(name.to_owned()),
            creator: Smart::Custom(Some("Alforis".to_owned())),
            standards: self.shared.standards.clone(),
            ..PdfOptions::default()
        };
        let pdf = typst_pdf::pdf(&document, &options).map_err(refused)?;
        Ok((pdf, document.pages().len()))
    }
}

fn refused(errors: impl IntoIterator<Item = SourceDiagnostic>) -> DocumentError {
    let messages: Vec<String> = errors.into_iter().map(|error| error.message.to_string()).collect();
    DocumentError::Typesetting(messages.join("; "))
}

fn file_id(name: &str) -> Result<FileId, DocumentError> {
    let path = VirtualPath::new(name).map_err(|error| DocumentError::Typesetting(error.to_string()))?;
    Ok(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
}

/// All that the sources of one document can see.
struct DocumentWorld {
    shared: Arc<Shared>,
    files: HashMap<FileId, Bytes>,
}

impl World for DocumentWorld {
    fn library(&self) -> &LazyHash<Library> {
        &self.shared.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.shared.book
    }

    fn main(&self) -> FileId {
        self.shared.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.shared.sources.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.shared.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

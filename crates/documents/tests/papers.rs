use std::{fs, path::PathBuf, sync::OnceLock};

use documents::{Look, Renderer};
use domain::document::Layout;

use crate::cases;

pub(crate) fn renderer() -> &'static Renderer {
    static RENDERER: OnceLock<Renderer> = OnceLock::new();
    RENDERER.get_or_init(|| Renderer::new().unwrap())
}

pub(crate) fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("documents");
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn every_document_can_be_set_in_both_layouts() {
    for layout in Layout::ALL {
        for (name, mut invoice) in cases::all() {
            invoice.content.layout = layout;
            let pdf = renderer().invoice_pdf(&invoice, Look::default()).unwrap();
            fs::write(folder().join(format!("{name}-{}.pdf", layout.as_str())), pdf).unwrap();
        }
        let mut quote = cases::quote();
        quote.content.layout = layout;
        let pdf = renderer().quote_pdf(&quote, Look { draft: true, ..Look::default() }).unwrap();
        fs::write(folder().join(format!("quote-{}.pdf", layout.as_str())), pdf).unwrap();
        let mut long = cases::long(80);
        long.content.layout = layout;
        let pdf = renderer().invoice_pdf(&long, Look::default()).unwrap();
        fs::write(folder().join(format!("long-{}.pdf", layout.as_str())), pdf).unwrap();
    }
}

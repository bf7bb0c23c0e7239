//! Factur-X: a PDF/A-3 that carries its invoice, and says so in its metadata.
//!
//! Typst attaches the file. For the metadata it has no word, so they are put into the XMP packet that it wrote, which
//! PDF/A keeps uncompressed: the four properties of Factur-X, and the description of their schema, without which a
//! validator of PDF/A refuses them (ISO 19005-3, 6.6.2.3).

use lopdf::{Document, Object};

use crate::DocumentError;

/// The name that Factur-X prescribes for the file inside.
pub(crate) const FILE: &str = "factur-x.xml";

/// Ends the list of schemas that the packet describes; Typst describes some of its own.
const SCHEMAS_END: &str = "</rdf:Bag></pdfaExtension:schemas>";
const RDF_END: &str = "</rdf:RDF>";

const SCHEMA: &str = concat!(
    r#"<rdf:li rdf:parseType="Resource">"#,
    "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>",
    "<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>",
    "<pdfaSchema:prefix>fx</pdfaSchema:prefix>",
    "<pdfaSchema:property><rdf:Seq>",
    r#"<rdf:li rdf:parseType="Resource"><pdfaProperty:name>DocumentFileName</pdfaProperty:name>"#,
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>",
    "<pdfaProperty:description>name of the embedded XML invoice file</pdfaProperty:description></rdf:li>",
    r#"<rdf:li rdf:parseType="Resource"><pdfaProperty:name>DocumentType</pdfaProperty:name>"#,
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>",
    "<pdfaProperty:description>INVOICE</pdfaProperty:description></rdf:li>",
    r#"<rdf:li rdf:parseType="Resource"><pdfaProperty:name>Version</pdfaProperty:name>"#,
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>",
    "<pdfaProperty:description>The actual version of the Factur-X XML schema</pdfaProperty:description></rdf:li>",
    r#"<rdf:li rdf:parseType="Resource"><pdfaProperty:name>ConformanceLevel</pdfaProperty:name>"#,
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>",
    "<pdfaProperty:description>The conformance level of the embedded Factur-X data</pdfaProperty:description></rdf:li>",
    "</rdf:Seq></pdfaSchema:property></rdf:li>",
);

const PROPERTIES: &str = concat!(
    r#"<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">"#,
    "<fx:DocumentType>INVOICE</fx:DocumentType>",
    "<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>",
    "<fx:Version>1.0</fx:Version>",
    "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>",
    "</rdf:Description>",
);

/// Says in the metadata of a PDF that it carries an invoice. The same PDF gives the same bytes.
pub(crate) fn declared(pdf: &[u8]) -> Result<Vec<u8>, DocumentError> {
    let mut document = Document::load_mem(pdf)?;
    let metadata = document.catalog()?.get(b"Metadata")?.as_reference()?;
    let Object::Stream(stream) = document.get_object_mut(metadata)? else {
        return Err(DocumentError::Xmp("there is no packet"));
    };
    let packet = str::from_utf8(&stream.content).map_err(|_| DocumentError::Xmp("the packet is no text"))?;
    let packet = inserted(packet, SCHEMAS_END, SCHEMA)?;
    let packet = inserted(&packet, RDF_END, PROPERTIES)?;
    stream.set_plain_content(packet.into_bytes());
    let mut bytes = Vec::with_capacity(pdf.len() + SCHEMA.len() + PROPERTIES.len());
    document.save_to(&mut bytes)?;
    Ok(bytes)
}

fn inserted(packet: &str, before: &str, text: &str) -> Result<String, DocumentError> {
    let place = packet
        .find(before)
        .ok_or(DocumentError::Xmp("the packet is not as Typst writes it"))?;
    let (head, tail) = packet.split_at(place);
    Ok([head, text, tail].concat())
}

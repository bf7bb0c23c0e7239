//! Files that go with activities, deals, organizations and tasks: what is told of them, the address to which one is sent,
//! and what attaching one takes, whatever it is to go with.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{AttachedFile, BlobHash, FileDescription, FileId, InvalidValue, value::Problem};
use projections::attachments::Model;
use uuid::Uuid;

use super::{
    commands::{self, CommandOptions},
    errors::{ApiResult, UserError},
    following::Rule,
    scalars::{BigInt, Moment},
    session::Session,
};
use crate::files::{self, Announced};

pub const NO_SUCH_UPLOAD: Rule = Rule {
    code: "FILE_UPLOAD_NOT_FOUND",
    field: "file",
    english: "No file of yours came in under this id, or it waited for more than a day: send it again.",
    french: "Aucun fichier de votre part n'est arrivé sous cet identifiant, ou il attend depuis plus d'un jour : envoyez-le de nouveau.",
};

/// A record and a file.
#[derive(Debug, Clone, InputObject)]
pub struct RecordFileInput {
    /// Of the record.
    pub id: ID,
    /// To attach one: as `fileUploadCreate` said, once its bytes were sent. To detach one: the `uuid` of the attachment.
    pub file: Uuid,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

/// A file that whoever asks has sent, or what to answer when there is none. Its bytes are kept for good where what it is to
/// go with is `there`: before the event that names them.
pub async fn sent(ctx: &Context<'_>, file: Uuid, there: bool) -> ApiResult<Result<AttachedFile, Rule>> {
    let files = &ctx.application()?.files;
    let Some(waiting) = files.waiting(FileId(file), ctx.viewer()?.user()).await? else {
        return Ok(Err(NO_SUCH_UPLOAD));
    };
    if there {
        files.keep(&waiting).await?;
    }
    Ok(Ok(AttachedFile {
        file: waiting.file,
        blob: waiting.blob,
        size: waiting.size,
        description: waiting.description,
    }))
}

/// Files as a record shows them; those that were detached only when they are asked for.
pub fn shown(rows: Vec<Model>, detached: bool) -> Vec<Attachment> {
    let shown = rows.into_iter().filter(|row| detached || row.detached_at.is_none());
    shown.map(Attachment::from).collect()
}

/// A file that goes with a record.
#[derive(Clone)]
pub struct Attachment(Model);

impl From<Model> for Attachment {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Attachment {
    /// Names it in `activityDetachFile` and the like.
    async fn uuid(&self) -> Uuid {
        self.0.id
    }

    /// Null once the person was erased whom an activity is about; then the bytes are gone, too.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    async fn media_type(&self) -> Option<&str> {
        self.0.media_type.as_deref()
    }

    /// In bytes.
    async fn size(&self) -> i64 {
        self.0.size
    }

    /// Of its bytes, as 64 hexadecimal digits.
    async fn sha256(&self) -> &str {
        &self.0.blob
    }

    /// Where it is fetched, below the address of this server; null once there is nothing to fetch.
    async fn path(&self) -> Option<String> {
        (!self.0.erased).then(|| format!("/files/{}", self.0.id))
    }

    /// The actor of the event that attached it, as history names it.
    async fn attached_by(&self) -> &str {
        &self.0.attached_by
    }

    async fn attached_at(&self) -> Moment {
        Moment::from_micros(self.0.attached_at)
    }

    async fn detached_at(&self) -> Option<Moment> {
        self.0.detached_at.map(Moment::from_micros)
    }

    /// Whether the person was erased whom an activity is about.
    async fn erased(&self) -> bool {
        self.0.erased
    }
}

/// A file that is about to be sent.
#[derive(Debug, Clone, InputObject)]
pub struct FileUploadCreateInput {
    /// Without folders.
    pub name: String,
    /// Such as `application/pdf`. What a browser would run is not taken.
    pub media_type: String,
    /// In bytes: 25 MiB at most.
    pub size: BigInt,
    /// What its bytes must hash to, as 64 hexadecimal digits.
    pub sha256: Option<String>,
}

/// Where a file is sent.
#[derive(Debug, Clone, SimpleObject)]
pub struct FileUpload {
    /// Names it in `activityAttachFile` and the like.
    file: Uuid,
    /// `PUT` the bytes here, below the address of this server. It takes one file, once, without further credentials.
    path: String,
    expires_at: Moment,
}

#[derive(Debug, Clone, SimpleObject)]
pub struct FileUploadCreatePayload {
    /// Null when the file is not taken.
    upload: Option<FileUpload>,
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct FileMutations;

#[Object]
impl FileMutations {
    /// An address to send one file to. What came in waits a day to be attached.
    #[graphql(complexity = "50 + child_complexity")]
    async fn file_upload_create(
        &self,
        ctx: &Context<'_>,
        input: FileUploadCreateInput,
    ) -> ApiResult<FileUploadCreatePayload> {
        let BigInt(size) = input.size;
        let described = FileDescription {
            name: input.name,
            media_type: input.media_type,
        };
        let hash = input.sha256.as_deref().map(str::parse::<BlobHash>).transpose();
        let checked = files::checked(&described, size).and_then(|description| {
            let hash = hash.map_err(|_| InvalidValue::new("sha256", Problem::NotACode))?;
            Ok((description, hash))
        });
        let (description, hash) = match checked {
            Ok(checked) => checked,
            Err(refusal) => {
                return Ok(FileUploadCreatePayload {
                    upload: None,
                    user_errors: vec![commands::user_error(ctx, &refusal)],
                });
            }
        };
        let file = FileId(Uuid::new_v4());
        let address = ctx
            .application()?
            .files
            .announce(Announced {
                file,
                size,
                description,
                hash,
                user: ctx.viewer()?.user(),
            })
            .await?;
        Ok(FileUploadCreatePayload {
            upload: Some(FileUpload {
                file: file.0,
                path: address.path,
                expires_at: Moment(address.expires_at),
            }),
            user_errors: Vec::new(),
        })
    }
}

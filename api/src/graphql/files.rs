//! Files that go with activities: what is told of them, and the address to which one is sent.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::{BlobHash, FileDescription, FileId, InvalidValue, value::Problem};
use projections::attachments::Model;
use uuid::Uuid;

use super::{
    commands,
    errors::{ApiResult, UserError},
    scalars::{BigInt, Moment},
    session::Session,
};
use crate::files::{self, Announced};

/// A file that goes with an activity.
#[derive(Clone)]
pub struct Attachment(Model);

impl From<Model> for Attachment {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

#[Object]
impl Attachment {
    /// Names it in `activityDetachFile`.
    async fn uuid(&self) -> Uuid {
        self.0.id
    }

    /// Null once the person was erased whom the activity is about; then the bytes are gone, too.
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

    /// Whether the person was erased whom the activity is about.
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
    /// Names it in `activityAttachFile`.
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

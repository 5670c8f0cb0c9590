// Names for the types that `npm run types` generates from the server's OpenAPI document. Nothing is written by hand.
import type { components } from './openapi';

type Schemas = components['schemas'];

export interface Page<T> {
  items: T[];
  next?: string;
}

export type Account = Schemas['Account'];
export type Action = Schemas['Action'];
export type Actor = Schemas['Actor'];
export type Area = Schemas['Area'];
export type AreaStep = Schemas['AreaStep'];
export type Attachment = Schemas['Attachment'];
export type Case = Schemas['Case'];
export type CaseSummary = Schemas['CaseSummary'];
export type Category = Schemas['Category'];
export type City = Schemas['City'];
export type Clock = Schemas['Clock'];
export type Department = Schemas['Department'];
export type Dimension = Schemas['Dimension'];
export type Entry = Schemas['Entry'];
export type Feed = Schemas['Feed'];
export type FeedCell = Schemas['FeedCell'];
export type FeedChanges = Schemas['FeedChanges'];
export type FeedComparison = Schemas['FeedComparison'];
export type FeedDistribution = Schemas['FeedDistribution'];
export type FeedIndicator = Schemas['FeedIndicator'];
export type FeedPlace = Schemas['FeedPlace'];
export type FeedRanking = Schemas['FeedRanking'];
export type FeedValue = Schemas['FeedValue'];
export type FileStored = Schemas['FileStored'];
export type Formula = Schemas['Formula'];
export type Funnel = Schemas['Funnel'];
export type FunnelMeasure = Schemas['FunnelMeasure'];
export type Indicator = Schemas['Indicator'];
export type Label = Schemas['Label'];
export type LatestReading = Schemas['LatestReading'];
export type Limit = Schemas['Limit'];
export type LiveEntry = Schemas['LiveEntry'];
export type Named = Schemas['Named'];
export type NamedPage = Schemas['NamedPage'];
export type Need = Schemas['Need'];
export type Post = Schemas['Post'];
export type Problem = Schemas['Problem'];
export type Revealed = Schemas['Revealed'];
export type Reporter = Schemas['Reporter'];
export type Score = Schemas['Score'];
export type Scores = Schemas['Scores'];
export type Session = Schemas['Session'];
export type SourceCount = Schemas['SourceCount'];
export type Standard = Schemas['Standard'];
export type State = Schemas['State'];
export type StreamReadings = Schemas['StreamReadings'];
export type Thing = Schemas['Thing'];
export type ThingReadings = Schemas['ThingReadings'];
export type Workflow = Schemas['Workflow'];
export type WorkflowName = Schemas['WorkflowName'];
